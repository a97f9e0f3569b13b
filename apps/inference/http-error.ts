/** What a problem may say beside its status, code and message. */
export interface ProblemDetail {
  /** Where in the request body the mistake is, such as `instances[2]`; "" is the body as a whole. */
  readonly path?: string;
  /** Further answer headers, such as `Allow` or `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What went wrong inside; goes to the log and never to the caller. */
  readonly cause?: unknown;
}

/**
 * An answer other than 2xx: thrown anywhere below a request and worded by the error middleware. It has no stack, which costs
 * more than all else of a refusal: what it says is what the caller did, not where this program was.
 */
export class Problem extends Error {
  /** HTTP status of the answer, 400–599. */
  readonly status: number;
  /** Stable word for programs, such as `invalid_input`. */
  readonly code: string;
  readonly path: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** The same in one piece: name, value, name, value … */
  readonly flatHeaders: readonly string[];

  constructor(status: number, code: string, message: string, detail: ProblemDetail = {}) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message, { cause: detail.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.path = detail.path;
    this.headers = detail.headers ?? {};
    this.flatHeaders = Object.entries(this.headers).flat();
  }
}

/** 422: the request is JSON, but not what the model takes; `path` says where. */
export function invalidInput(path: string, message: string): Problem {
  return new Problem(422, "invalid_input", message, { path });
}

/** 503 with Retry-After: nothing is wrong with the request, and it is worth sending again. */
export function unavailable(code: string, message: string, retryAfterSeconds = 1): Problem {
  return new Problem(503, code, message, { headers: { "Retry-After": String(retryAfterSeconds) } });
}
