import type { IncomingMessage, ServerResponse } from "node:http";
import type { Transform } from "node:stream";
import type { Context } from "koa";
import { HttpError } from "../../http-error.ts";
import { freeBuffer } from "../../payload/free-buffer.ts";
import type { Deadlines } from "../deadlines.ts";
import { decoder, encodingOf } from "./encoding.ts";
import type { MemoryBudget } from "./memory-budget.ts";

/** Limits for reading request bodies. */
export interface BodyLimits {
  /** Longest body that is read, in bytes, before and after it is decompressed. */
  readonly maxBytes: number;
  /** How long the body may take to arrive, in milliseconds. */
  readonly timeoutMs: number;
  /** Memory that all bodies share while they are read. */
  readonly budget: MemoryBudget;
  readonly deadlines: Deadlines;
}

/**
 * Reads a whole body, and decompresses it.
 *
 * @throws HttpError 400 if the client disconnects or the body cannot be decompressed, 408 too slow, 413 too large, 415 unknown
 *   coding, 503 too many bodies at once.
 */
export function readBody({ req, res }: Context, limits: BodyLimits): Promise<Buffer> {
  const encoding = encodingOf(req);
  const expected = Number(req.headers["content-length"] ?? 0);
  // A client of HTTP/1.0 does not know the expectation and would take this for the response.
  if (req.headers.expect !== undefined && req.httpVersion !== "1.0" && expected <= limits.maxBytes) {
    res.removeHeader("Connection");
    res.writeContinue();
  }
  return collect(req, res, limits, expected, encoding && decoder(encoding));
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
  decoding: Transform | undefined,
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
      decoding?.destroy();
      drain(req, deadlines, timeoutMs);
      reject(error);
    };
    const tooLarge = () =>
      new HttpError(413, "body_too_large", `the body must not be longer than ${maxBytes} bytes (MAX_BODY_BYTES)`);
    const cancel = deadlines.set(performance.now() + timeoutMs, () => {
      res.setHeader("Connection", "close");
      fail(new HttpError(408, "body_timeout", `the body did not arrive within ${timeoutMs} ms`));
    });
    const add = (chunk: Buffer) => {
      if (settled) return;
      length += chunk.length;
      if (length > maxBytes) {
        fail(tooLarge());
        return;
      }
      held += chunk.length;
      try {
        budget.take(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        fail(error);
      }
    };
    const finish = () => {
      if (settled) return;
      settle();
      resolve(join(chunks));
    };
    const abort = () => fail(new HttpError(400, "aborted", "the client disconnected before its request was complete"));
    if (decoding === undefined) {
      req.on("data", add);
      req.on("end", finish);
    } else {
      decode(req, decoding, maxBytes, { add, finish, fail, tooLarge });
    }
    req.on("error", abort);
    req.on("close", () => {
      if (!req.complete) abort();
    });
    if (expected > maxBytes) {
      fail(tooLarge());
    }
  });
}

interface Receiver {
  readonly add: (chunk: Buffer) => void;
  readonly finish: () => void;
  readonly fail: (error: unknown) => void;
  readonly tooLarge: () => HttpError;
}

/** Passes a compressed body through the decoder; what waits for it is bounded by the decoder's buffer. */
function decode(req: IncomingMessage, decoding: Transform, maxBytes: number, receiver: Receiver): void {
  const { add, finish, fail, tooLarge } = receiver;
  let received = 0;
  req.on("data", (chunk: Buffer) => {
    if (decoding.destroyed) return;
    received += chunk.length;
    if (received > maxBytes) {
      fail(tooLarge());
    } else if (!decoding.write(chunk)) {
      req.pause();
    }
  });
  req.on("end", () => decoding.end());
  decoding.on("drain", () => req.resume());
  decoding.on("data", add);
  decoding.on("end", finish);
  decoding.on("error", (cause) =>
    fail(
      new HttpError(400, "invalid_encoding", "the body cannot be decompressed as its Content-Encoding says", { cause }),
    ),
  );
}

/** Reads the rest of a body and drops it, because many clients read the response only after they have sent everything. */
function drain(req: IncomingMessage, deadlines: Deadlines, timeoutMs: number): void {
  if (req.complete || req.destroyed) {
    return;
  }
  const cancel = deadlines.set(performance.now() + timeoutMs, () => req.destroy());
  req.once("end", cancel).once("close", cancel).resume();
}
