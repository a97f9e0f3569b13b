import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context } from "koa";
import { Problem } from "../http-error.ts";
import type { BodyBudget } from "./body-budget.ts";
import { alarm } from "./deadlines.ts";

/** Bounds of what is read of a request. */
export interface BodyLimits {
  /** Longest body that is read, in bytes. */
  readonly maxBytes: number;
  /** How long the body may take to arrive, in milliseconds. */
  readonly timeoutMs: number;
  /** What all bodies that are being read share. */
  readonly budget: BodyBudget;
}

/**
 * What curl and others declare a body as where nobody tells them what it is. The servers whose protocols /v1 and /v2 are do not
 * look at it, and their documentation does without.
 */
export const UNDECLARED = "application/x-www-form-urlencoded";

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/i;

/**
 * Checks that the body is declared as what will be read: JSON where nothing is declared.
 *
 * @param others What it may be declared as besides, in small letters.
 * @throws Problem 415.
 */
export function checkType(req: IncomingMessage, others: readonly string[] = []): void {
  const declared = req.headers["content-type"];
  if (declared !== undefined && declared !== "application/json") {
    const type = declared.split(";", 1)[0]?.trim() ?? "";
    if (!JSON_TYPE.test(type) && !others.includes(type.toLowerCase())) {
      const named = ["application/json", ...others.filter((other) => other !== UNDECLARED)];
      throw new Problem(415, "unsupported_media_type", `send the body as Content-Type: ${named.join(" or ")}`, {
        headers: { Accept: named.join(", ") },
      });
    }
  }
  const encoding = req.headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (encoding !== "identity") {
    throw new Problem(415, "unsupported_media_type", "send the body uncompressed", {
      headers: { "Accept-Encoding": "identity" },
    });
  }
}

/**
 * Reads a body whole.
 *
 * @throws Problem 400 broken off, 408 too slow, 413 too large, 503 too many bodies at once.
 */
export function readBody({ req, res }: Context, limits: BodyLimits): Promise<Buffer> {
  const expected = Number(req.headers["content-length"] ?? 0);
  // Who speaks HTTP/1.0 expects nothing, and takes what comes first for the answer.
  if (req.headers.expect !== undefined && req.httpVersion !== "1.0" && expected <= limits.maxBytes) {
    res.removeHeader("Connection");
    res.writeContinue();
  }
  return collect(req, res, limits, expected);
}

/**
 * Frees the memory of bytes that nobody looks at any more; nothing where it is not theirs alone. The garbage collector would
 * free it as well, but that of thousands of requests at once: two thirds of its pauses. And what has just been freed is
 * taken again while it is still in the processor's cache.
 */
export function free({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) {
    buffer.transfer(0);
  }
}

/** Chunks as one. */
function join(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  if (first !== undefined && chunks.length === 1) {
    return first;
  }
  const whole = Buffer.concat(chunks);
  chunks.forEach(free);
  return whole;
}

/** By events: an async iterator over the request costs several promises a chunk. */
function collect(
  req: IncomingMessage,
  res: ServerResponse,
  { maxBytes, timeoutMs, budget }: BodyLimits,
  expected: number,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let held = 0;
    let settled = false;
    const settle = () => {
      settled = true;
      callOff();
      budget.give(held);
    };
    const refuse = (problem: unknown) => {
      if (settled) return;
      settle();
      chunks.length = 0;
      reject(problem);
    };
    const tooLarge = () =>
      new Problem(413, "body_too_large", `the body must not be longer than ${maxBytes} bytes (MAX_BODY_BYTES)`);
    const callOff = alarm(performance.now() + timeoutMs, () => {
      res.setHeader("Connection", "close");
      refuse(new Problem(408, "body_timeout", `the body did not arrive within ${timeoutMs} ms`));
    });
    if (expected > maxBytes) {
      refuse(tooLarge());
    }
    req.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (settled) {
        // Many clients read the answer only once they have sent everything, so some of it is read and thrown away.
        if (length > 2 * maxBytes) req.destroy();
      } else if (length > maxBytes) {
        refuse(tooLarge());
      } else {
        held += chunk.length;
        try {
          budget.take(chunk.length);
          chunks.push(chunk);
        } catch (problem) {
          refuse(problem);
        }
      }
    });
    req.on("end", () => {
      if (settled) return;
      settle();
      resolve(join(chunks));
    });
    const leave = () => refuse(new Problem(400, "aborted", "the client went away before its request was whole"));
    req.on("error", leave);
    req.on("close", () => {
      if (!req.complete) leave();
    });
  });
}
