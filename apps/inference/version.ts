/** Version of the server and of its API; the same as in package.json. */
export const VERSION = "0.1.0";
