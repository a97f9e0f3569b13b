import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Ids that are safe in a header and in a log line: no blanks, quotes or line breaks. */
const REQUEST_ID = /^[\w.:/+=@-]{1,128}$/;

/** The caller's `X-Request-ID` if it is valid, otherwise a new one. */
export function requestIdOf(req: Pick<IncomingMessage, "headers">): string {
  const given = req.headers["x-request-id"];
  return typeof given === "string" && REQUEST_ID.test(given) ? given : randomUUID();
}
