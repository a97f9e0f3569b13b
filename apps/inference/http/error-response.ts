import type { Context } from "koa";
import { HttpError } from "../http-error.ts";
import type { Logger } from "../logger.ts";
import type { SendJson } from "./response.ts";

/** Paths of protocols whose clients expect `error` to be a string. */
const INFERENCE_PROTOCOLS = /^\/v[12](?:\/|$)/;

/**
 * Responds to whatever was thrown with `{error: {code, message, path?, request_id}}`. Anything but an `HttpError` is a bug: it
 * is logged with its stack, and the response is a 500 without details. A POST is answered by the fast path, because rejections
 * must cost little under overload.
 */
export function sendError(ctx: Context, thrown: unknown, logger: Logger, send: SendJson): void {
  const error =
    thrown instanceof HttpError
      ? thrown
      : new HttpError(500, "internal_error", "the server failed to answer; its log has the reason", { cause: thrown });
  const { status, code, headers, cause } = error;
  if (cause !== undefined) {
    logger[status < 500 ? "debug" : "error"](
      { request_id: ctx.state["requestId"], code, error: cause },
      "request failed",
    );
  }
  ctx.state["errorCode"] = code;
  const value = errorBody(ctx.path, error, ctx.state["requestId"]);
  if (ctx.method === "POST" && ctx.writable && !ctx.headerSent) {
    send(ctx, value, status, error.flatHeaders);
    return;
  }
  ctx.status = status;
  ctx.set(headers);
  ctx.body = value;
}

/** The body of an error response, in the format of the path's protocol. */
export function errorBody(path: string, { code, message, path: place }: HttpError, requestId: string): unknown {
  if (INFERENCE_PROTOCOLS.test(path)) {
    return { error: place === undefined || place === "" ? message : `${place} ${message}` };
  }
  return { error: { code, message, ...(place === undefined ? {} : { path: place }), request_id: requestId } };
}
