/** What an error may carry besides its status, code and message. */
export interface HttpErrorDetails {
  /** Where in the request body the mistake is, such as `instances[2]`; "" is the body as a whole. */
  readonly path?: string;
  /** Further response headers, such as `Allow` or `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The internal reason; it is logged and never sent to the caller. */
  readonly cause?: unknown;
}

/**
 * A response other than 2xx. Any code that handles a request may throw it; the request middleware sends it. It has no stack
 * trace: capturing one costs more than the rest of a rejection, and the error is about the request, not about this program.
 */
export class HttpError extends Error {
  /** HTTP status of the response, 400–599. */
  readonly status: number;
  /** Stable identifier for programs, such as `invalid_input`. */
  readonly code: string;
  readonly path: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** The same headers as a flat list: name, value, name, value … */
  readonly flatHeaders: readonly string[];

  constructor(status: number, code: string, message: string, details: HttpErrorDetails = {}) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message, { cause: details.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.name = "HttpError";
    this.status = status;
    this.code = code;
    this.path = details.path;
    this.headers = details.headers ?? {};
    this.flatHeaders = Object.entries(this.headers).flat();
  }
}

/** 422: the request is valid JSON, but the model does not accept it; `path` says where. */
export function invalidInput(path: string, message: string): HttpError {
  return new HttpError(422, "invalid_input", message, { path });
}

/** 503 with Retry-After: the request is valid and worth sending again. */
export function unavailable(code: string, message: string, retryAfterSeconds = 1): HttpError {
  return new HttpError(503, code, message, { headers: { "Retry-After": String(retryAfterSeconds) } });
}
