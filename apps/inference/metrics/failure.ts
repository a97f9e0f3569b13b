import { HttpError } from "../http-error.ts";

/**
 * Why a request failed, by the reasons of Triton's metrics: `REJECTED`, no room or timed out before its run; `CANCELED`, the
 * client disconnected; `BACKEND`, failed or timed out in the model; `OTHER`, an invalid request.
 * https://github.com/triton-inference-server/server/blob/main/docs/user_guide/metrics.md
 */
export type Failure = "REJECTED" | "CANCELED" | "BACKEND" | "OTHER";

export const FAILURES: readonly Failure[] = ["REJECTED", "CANCELED", "BACKEND", "OTHER"];

/** @param isTaken Whether any run of the request has begun. */
export function failureOf(error: unknown, isTaken: boolean): Failure {
  if (!(error instanceof HttpError)) {
    return isTaken ? "BACKEND" : "OTHER";
  }
  if (error.status === 503 || error.status === 504) {
    return isTaken ? "BACKEND" : "REJECTED";
  }
  return error.code === "aborted" ? "CANCELED" : "OTHER";
}
