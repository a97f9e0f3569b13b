import type { Context } from "koa";
import { Problem } from "../http-error.ts";
import type { Logger } from "../logger.ts";
import type { AnswerJson } from "./response.ts";

/** Their clients take an error to be a string. */
const INFERENCE_PROTOCOLS = /^\/v[12](?:\/|$)/;

/**
 * Words what was thrown as `{error: {code, message, path?, request_id}}`. What is not a `Problem` is ours: it is logged
 * with its stack and answered as 500 without a word of it. A POST is answered the short way: what cannot be taken must cost
 * little, or under overload the refusals would cost others their answers.
 */
export function wordProblem(ctx: Context, error: unknown, logger: Logger, answer: AnswerJson): void {
  const problem =
    error instanceof Problem
      ? error
      : new Problem(500, "internal_error", "the server failed to answer; its log has the reason", { cause: error });
  const { status, code, headers, cause } = problem;
  if (cause !== undefined) {
    logger[status < 500 ? "debug" : "error"](
      { request_id: ctx.state["requestId"], code, error: cause },
      "request failed",
    );
  }
  ctx.state["problem"] = code;
  const value = problemBody(ctx.path, problem, ctx.state["requestId"]);
  if (ctx.method === "POST" && ctx.writable && !ctx.headerSent) {
    answer(ctx, value, status, problem.flatHeaders);
    return;
  }
  ctx.status = status;
  ctx.set(headers);
  ctx.body = value;
}

/** A problem in the words of the path's protocol. */
export function problemBody(path: string, { code, message, path: place }: Problem, requestId: string): unknown {
  if (INFERENCE_PROTOCOLS.test(path)) {
    return { error: place === undefined || place === "" ? message : `${place} ${message}` };
  }
  return { error: { code, message, ...(place === undefined ? {} : { path: place }), request_id: requestId } };
}
