import type { IncomingMessage } from "node:http";
import { leaveUnread } from "../http/sheddable.ts";
import { HttpError } from "../http-error.ts";
import type { RequestStatus } from "../metrics/model-metrics.ts";
import { rejectionOf } from "../model/rejection.ts";
import type { ServedModel } from "../repository/served-model.ts";

/** Inputs of more bytes than this count as long: those of short requests are bounded by the rows that may wait. */
export const LONG_BYTES = 64 * 1024;

/**
 * Rejects a request for which the queue of its model has no room.
 *
 * @param unread A request whose body was not read yet, and will not be if there is no room. @default none
 * @throws HttpError 503.
 */
export function assertRoom({ batcher }: ServedModel, deadline: number, unread?: IncomingMessage): void {
  const rejection = batcher.rejection(1, deadline);
  if (rejection !== undefined) {
    if (unread !== undefined) {
      leaveUnread(unread);
    }
    throw rejection;
  }
}

/** 422 if a model that is known to work rejects these values, otherwise 500. */
export function modelError(cause: unknown, served: ServedModel | undefined): HttpError {
  const isKnownToWork = served !== undefined && (served.warmedUp || served.metrics.requests.success > 0);
  const rejection = isKnownToWork ? rejectionOf(cause) : undefined;
  if (rejection !== undefined) {
    return new HttpError(422, "invalid_input", rejection, { path: "", cause });
  }
  return new HttpError(500, "model_error", "the model could not answer this request", { cause });
}

/** How a request that failed is counted. */
export function statusOf({ status }: HttpError): Exclude<RequestStatus, "success"> {
  if (status === 503) {
    return "rejected";
  }
  return status < 500 ? "invalid" : "error";
}
