import { status as Code } from "@grpc/grpc-js";
import type { HttpError } from "../http-error.ts";

/** gRPC's status codes by the HTTP statuses of the server's errors. */
const CODES: Readonly<Record<number, Code>> = {
  400: Code.INVALID_ARGUMENT,
  401: Code.UNAUTHENTICATED,
  404: Code.NOT_FOUND,
  413: Code.RESOURCE_EXHAUSTED,
  422: Code.INVALID_ARGUMENT,
  503: Code.UNAVAILABLE,
  504: Code.DEADLINE_EXCEEDED,
};

/** The status code for an error. */
export function codeOf({ status, code }: HttpError): Code {
  return code === "aborted" ? Code.CANCELLED : (CODES[status] ?? Code.INTERNAL);
}

/** The text of an error: the place of the mistake, and the mistake. gRPC cannot send a lone surrogate. */
export function detailsOf({ message, path }: HttpError): string {
  return (path === undefined || path === "" ? message : `${path} ${message}`).toWellFormed();
}
