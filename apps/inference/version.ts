/** The version of the server and of its API, which package.json has as well. */
export const VERSION = "0.1.0";
