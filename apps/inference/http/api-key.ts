import { timingSafeEqual } from "node:crypto";
import { HttpError } from "../http-error.ts";
import type { Authorize } from "./router.ts";

/**
 * Checks `X-API-Key` in constant time: the duration reveals no more than whether the length is right.
 *
 * @param key The expected key; undefined accepts every request.
 * @returns A check that returns HttpError 401 if the key is missing or wrong.
 */
export function apiKeyCheck(key: string | undefined): Authorize {
  if (key === undefined) {
    return () => undefined;
  }
  const expected = Buffer.from(key);
  const received = Buffer.alloc(expected.length);
  // Compared in a buffer of the key's own length: comparing digests would be as safe, but slower.
  const matches = (given: string) => {
    received.fill(0).write(given);
    const same = timingSafeEqual(received, expected);
    return same && Buffer.byteLength(given) === expected.length;
  };
  return (req) => {
    const given = req.headers["x-api-key"];
    if (typeof given === "string" && matches(given)) {
      return undefined;
    }
    const what = given === undefined ? "the header X-API-Key is missing" : "the key in X-API-Key is wrong";
    return new HttpError(401, "unauthorized", what, { headers: { "WWW-Authenticate": "ApiKey" } });
  };
}
