/** What ends the server in an orderly way. */
export const SIGNALS = ["SIGTERM", "SIGINT"] as const;
