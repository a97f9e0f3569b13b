import type { IncomingMessage } from "node:http";
import { HttpError } from "../../http-error.ts";

/**
 * The type that curl and others declare by default. The original servers of the v1 and v2 protocols ignore the declared type,
 * and examples in their documentation omit it.
 */
export const UNDECLARED = "application/x-www-form-urlencoded";

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/i;

/**
 * Checks the declared type of the body; a body without one is taken as JSON.
 *
 * @param others Further accepted types, in lower case.
 * @throws HttpError 415.
 */
export function checkType(req: IncomingMessage, others: readonly string[] = []): void {
  const declared = req.headers["content-type"];
  if (declared !== undefined && declared !== "application/json") {
    const type = declared.split(";", 1)[0]?.trim() ?? "";
    if (!JSON_TYPE.test(type) && !others.includes(type.toLowerCase())) {
      const named = ["application/json", ...others.filter((other) => other !== UNDECLARED)];
      throw new HttpError(415, "unsupported_media_type", `send the body as Content-Type: ${named.join(" or ")}`, {
        headers: { Accept: named.join(", ") },
      });
    }
  }
}
