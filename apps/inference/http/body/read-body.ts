import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context } from "koa";
import { HttpError, unavailable } from "../../http-error.ts";
import { freeBuffer } from "../../payload/free-buffer.ts";
import type { Deadlines } from "../deadlines.ts";

/** Limits for reading request bodies. */
export interface BodyLimits {
  /** Longest body that is read, in bytes. */
  readonly maxBytes: number;
  /** How long the body may take to arrive, in milliseconds. */
  readonly timeoutMs: number;
  /** Memory that all bodies share while they are read. */
  readonly budget: BodyBudget;
  readonly deadlines: Deadlines;
}

/** Memory for all bodies that are being received: many long ones at once must not exhaust the process's memory. */
export class BodyBudget {
  #left: number;

  /** @param bytes Total; at least the longest body. */
  constructor(bytes: number) {
    this.#left = bytes;
  }

  /**
   * Takes memory for the next part of a body.
   *
   * @throws HttpError 503 if not enough is left.
   */
  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) {
      throw unavailable("overloaded", "too many long requests are arriving at once; try again shortly");
    }
  }

  /** Returns memory that was taken, also by a `take` that threw. */
  give(bytes: number): void {
    this.#left += bytes;
  }
}

/**
 * The type that curl and others declare by default. The original servers of the v1 and v2 protocols ignore the declared type,
 * and examples in their documentation omit it.
 */
export const UNDECLARED = "application/x-www-form-urlencoded";

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/i;

/**
 * Checks the declared type of the body; a body without one is taken as JSON.
 *
 * @param others Further accepted types, in lower case.
 * @throws HttpError 415.
 */
export function checkType(req: IncomingMessage, others: readonly string[] = []): void {
  const declared = req.headers["content-type"];
  if (declared !== undefined && declared !== "application/json") {
    const type = declared.split(";", 1)[0]?.trim() ?? "";
    if (!JSON_TYPE.test(type) && !others.includes(type.toLowerCase())) {
      const named = ["application/json", ...others.filter((other) => other !== UNDECLARED)];
      throw new HttpError(415, "unsupported_media_type", `send the body as Content-Type: ${named.join(" or ")}`, {
        headers: { Accept: named.join(", ") },
      });
    }
  }
  const encoding = req.headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (encoding !== "identity") {
    throw new HttpError(415, "unsupported_media_type", "send the body uncompressed", {
      headers: { "Accept-Encoding": "identity" },
    });
  }
}

/**
 * Reads a whole body.
 *
 * @throws HttpError 400 if the client disconnects, 408 too slow, 413 too large, 503 too many bodies at once.
 */
export function readBody({ req, res }: Context, limits: BodyLimits): Promise<Buffer> {
  const expected = Number(req.headers["content-length"] ?? 0);
  // A client of HTTP/1.0 does not know the expectation and would take this for the response.
  if (req.headers.expect !== undefined && req.httpVersion !== "1.0" && expected <= limits.maxBytes) {
    res.removeHeader("Connection");
    res.writeContinue();
  }
  return collect(req, res, limits, expected);
}

/** Concatenates the chunks of a body. */
function join(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  if (first !== undefined && chunks.length === 1) {
    return first;
  }
  const whole = Buffer.concat(chunks);
  chunks.forEach(freeBuffer);
  return whole;
}

/** Uses events, because an async iterator over the request costs several promises per chunk. */
function collect(
  req: IncomingMessage,
  res: ServerResponse,
  { maxBytes, timeoutMs, budget, deadlines }: BodyLimits,
  expected: number,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let held = 0;
    let settled = false;
    const settle = () => {
      settled = true;
      cancel();
      budget.give(held);
    };
    const fail = (error: unknown) => {
      if (settled) return;
      settle();
      chunks.length = 0;
      reject(error);
    };
    const tooLarge = () =>
      new HttpError(413, "body_too_large", `the body must not be longer than ${maxBytes} bytes (MAX_BODY_BYTES)`);
    const cancel = deadlines.set(performance.now() + timeoutMs, () => {
      res.setHeader("Connection", "close");
      fail(new HttpError(408, "body_timeout", `the body did not arrive within ${timeoutMs} ms`));
    });
    if (expected > maxBytes) {
      fail(tooLarge());
    }
    req.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (settled) {
        // Many clients read the response only after they have sent everything, so some of the rest is read and dropped.
        if (length > 2 * maxBytes) req.destroy();
      } else if (length > maxBytes) {
        fail(tooLarge());
      } else {
        held += chunk.length;
        try {
          budget.take(chunk.length);
          chunks.push(chunk);
        } catch (error) {
          fail(error);
        }
      }
    });
    req.on("end", () => {
      if (settled) return;
      settle();
      resolve(join(chunks));
    });
    const abort = () => fail(new HttpError(400, "aborted", "the client disconnected before its request was complete"));
    req.on("error", abort);
    req.on("close", () => {
      if (!req.complete) abort();
    });
  });
}
