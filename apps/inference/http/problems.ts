import type { Context } from "koa";
import type { Logger } from "../logger.ts";
import { Problem } from "../problem.ts";

/** Their clients take an error to be a string. */
const INFERENCE_PROTOCOLS = /^\/v[12](?:\/|$)/;

/**
 * Words what was thrown as `{error: {code, message, path?, request_id}}`. What is not a `Problem` is ours: it is logged
 * with its stack and answered as 500 without a word of it.
 */
export function wordProblem(ctx: Context, error: unknown, logger: Logger): void {
  const problem =
    error instanceof Problem
      ? error
      : new Problem(500, "internal_error", "the server failed to answer; its log has the reason", { cause: error });
  const { status, code, message, path, headers, cause } = problem;
  if (cause !== undefined) {
    logger[status < 500 ? "debug" : "error"](
      { request_id: ctx.state["requestId"], code, error: cause },
      "request failed",
    );
  }
  ctx.state["problem"] = code;
  ctx.status = status;
  ctx.set(headers);
  ctx.body = INFERENCE_PROTOCOLS.test(ctx.path)
    ? { error: path === undefined || path === "" ? message : `${path} ${message}` }
    : { error: { code, message, ...(path === undefined ? {} : { path }), request_id: ctx.state["requestId"] } };
}
