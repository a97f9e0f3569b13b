import type Koa from "koa";
import type { Context } from "koa";
import compose from "koa-compose";
import type { Logger } from "../logger.ts";
import type { Handle } from "./sheddable.ts";
import type { Shed } from "./shedding.ts";
import { takePath } from "./target.ts";
import { refuseTarget } from "./unparsed.ts";

/**
 * What a server calls for each request. Koa's own callback, but for POST: predictions are many and small, and the watch
 * that it sets on each answer (`on-finished`: for streams to be closed) costs as much as the rest of Koa. No answer to a
 * POST is a stream.
 *
 * @param shed Asked before anything is made of a POST. @default nothing is refused at the door
 */
export function listener(app: Koa, logger: Logger, shed?: Shed): Handle {
  const koa = app.callback();
  const handle = compose(app.middleware);
  return (req, res) => {
    if (!takePath(req)) {
      refuseTarget(req, res, logger);
      return;
    }
    if (req.method !== "POST") {
      koa(req, res);
      return;
    }
    // Before anything else: V8 tells answers whose fields came in another order apart, and compiles code for each.
    res.statusCode = 404;
    if (shed?.(req, res)) {
      return;
    }
    const ctx = app.createContext(req, res) as Context;
    handle(ctx)
      .then(() => respond(ctx))
      .catch((error: Error) => ctx.onerror(error));
  };
}

function respond(ctx: Context): void {
  if (!ctx.writable || ctx.headerSent) {
    return;
  }
  const { body } = ctx;
  const sent = typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body ?? null);
  ctx.length = Buffer.byteLength(sent);
  ctx.res.end(sent);
}
