import { createHash, timingSafeEqual } from "node:crypto";
import type { Context } from "koa";
import { Problem } from "../problem.ts";

/**
 * Checks `X-API-Key`. Digests are compared, not keys: they have one length, so the time taken tells nothing of the key's.
 *
 * @param key The right key; undefined lets every request through.
 * @returns A check that throws Problem 401.
 */
export function apiKeyCheck(key: string | undefined): (ctx: Context) => void {
  if (key === undefined) {
    return () => {};
  }
  const expected = digest(key);
  return (ctx) => {
    const given = ctx.req.headers["x-api-key"];
    if (!timingSafeEqual(digest(typeof given === "string" ? given : ""), expected)) {
      const what = given === undefined ? "the header X-API-Key is missing" : "the key in X-API-Key is wrong";
      throw new Problem(401, "unauthorized", what, { headers: { "WWW-Authenticate": "ApiKey" } });
    }
  };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
