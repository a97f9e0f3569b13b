import { Problem } from "../http-error.ts";

/**
 * Why a request failed, in the words of Triton's metrics: `REJECTED`, there was no room for it or its time was over before its
 * run; `CANCELED`, its client had gone; `BACKEND`, it failed or took too long in the model; `OTHER`, what it said was wrong.
 * https://github.com/triton-inference-server/server/blob/main/docs/user_guide/metrics.md
 */
export type Failure = "REJECTED" | "CANCELED" | "BACKEND" | "OTHER";

export const FAILURES: readonly Failure[] = ["REJECTED", "CANCELED", "BACKEND", "OTHER"];

/** @param isTaken Whether the model has been given any of the request. */
export function failureOf(error: unknown, isTaken: boolean): Failure {
  if (!(error instanceof Problem)) {
    return isTaken ? "BACKEND" : "OTHER";
  }
  if (error.status === 503 || error.status === 504) {
    return isTaken ? "BACKEND" : "REJECTED";
  }
  return error.code === "aborted" ? "CANCELED" : "OTHER";
}
