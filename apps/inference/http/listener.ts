import type { IncomingMessage } from "node:http";
import type Koa from "koa";
import type { Context } from "koa";
import compose from "koa-compose";
import type { Logger } from "../logger.ts";
import { compress, responseEncoding } from "./body/encoding.ts";
import type { Handle } from "./sheddable.ts";
import type { Shed } from "./shedding.ts";
import { rejectTarget } from "./unparsed.ts";

/**
 * Returns what the HTTP server calls for each request. POST bypasses Koa's own callback, which watches each response in case
 * its body is a stream; no response to a POST is one.
 *
 * @param shed Asked before anything else is done for a POST. @default no load shedding
 */
export function listener(app: Koa, logger: Logger, shed?: Shed): Handle {
  const koa = app.callback();
  const handle = compose(app.middleware);
  return (req, res) => {
    if (!normalizeTarget(req)) {
      rejectTarget(req, res, logger);
      return;
    }
    if (req.method !== "POST") {
      koa(req, res);
      return;
    }
    // Set first, as Koa does: V8 optimizes for the order in which a response's fields are set.
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

/** Reduces an absolute URL, as sent to a proxy, to its path. Returns false if the target is neither a path nor a URL. */
function normalizeTarget(req: IncomingMessage): boolean {
  const { url = "" } = req;
  if (url.startsWith("/") || url === "*") {
    return true;
  }
  const whole = URL.parse(url);
  if (whole === null || !/^https?:$/.test(whole.protocol)) {
    return false;
  }
  req.url = whole.pathname + whole.search;
  return true;
}

function respond(ctx: Context): Promise<void> | undefined {
  if (!ctx.writable || ctx.headerSent) {
    return undefined;
  }
  const { body } = ctx;
  const sent = typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body ?? null);
  const encoding = responseEncoding(ctx.req, sent.length);
  if (encoding === undefined) {
    end(ctx, sent);
    return undefined;
  }
  return compress(sent, encoding).then((bytes) => {
    ctx.set({ "Content-Encoding": encoding, Vary: "Accept-Encoding" });
    end(ctx, bytes);
  });
}

function end(ctx: Context, body: string | Buffer): void {
  ctx.length = Buffer.byteLength(body);
  ctx.res.end(body);
}
