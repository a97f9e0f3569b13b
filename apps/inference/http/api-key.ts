import { timingSafeEqual } from "node:crypto";
import { Problem } from "../http-error.ts";
import type { Authorize } from "./router.ts";

/**
 * Checks `X-API-Key` in a time that tells nothing of the key but whether its length was met.
 *
 * @param key The right key; undefined lets every request through.
 * @returns A check that finds Problem 401 where there is one.
 */
export function apiKeyCheck(key: string | undefined): Authorize {
  if (key === undefined) {
    return () => undefined;
  }
  const expected = Buffer.from(key);
  const room = Buffer.alloc(expected.length);
  // Compared in room of the key's own length: a digest of each header would be as safe, and cost three times as much.
  const matches = (given: string) => {
    room.fill(0).write(given);
    const same = timingSafeEqual(room, expected);
    return same && Buffer.byteLength(given) === expected.length;
  };
  return (req) => {
    const given = req.headers["x-api-key"];
    if (typeof given === "string" && matches(given)) {
      return undefined;
    }
    const what = given === undefined ? "the header X-API-Key is missing" : "the key in X-API-Key is wrong";
    return new Problem(401, "unauthorized", what, { headers: { "WWW-Authenticate": "ApiKey" } });
  };
}
