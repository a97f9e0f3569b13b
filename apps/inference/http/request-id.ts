import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** What may come back in a header and stand in a log: no blanks, no quotes, nothing that ends a line. */
const REQUEST_ID = /^[\w.:/+=@-]{1,128}$/;

/** The caller's `X-Request-ID` where it is a sane one, and a new one where not. */
export function requestIdOf(req: IncomingMessage): string {
  const given = req.headers["x-request-id"];
  return typeof given === "string" && REQUEST_ID.test(given) ? given : randomUUID();
}
