import { randomUUID } from "node:crypto";
import type { Middleware } from "koa";

/** What may come back in a header and stand in a log: no blanks, no quotes, nothing that ends a line. */
const REQUEST_ID = /^[\w.:/+=@-]{1,128}$/;

/** Takes the caller's `X-Request-ID` where it is a sane one, makes one where not, and sends it back. */
export const requestId: Middleware = (ctx, next) => {
  const given = ctx.req.headers["x-request-id"];
  const id = typeof given === "string" && REQUEST_ID.test(given) ? given : randomUUID();
  ctx.state["requestId"] = id;
  ctx.set("X-Request-ID", id);
  return next();
};
