import type { IncomingMessage } from "node:http";
import type { Context } from "koa";
import { Problem } from "../problem.ts";

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/i;

/**
 * Reads a JSON body.
 *
 * @param maxBytes Longest body that is read.
 * @param timeoutMs How long the body may take to arrive.
 * @throws Problem 400 not JSON, 408 too slow, 413 too large, 415 not declared as JSON.
 */
export async function readJson(ctx: Context, maxBytes: number, timeoutMs: number): Promise<unknown> {
  checkType(ctx.req);
  const bytes = await readBytes(ctx, maxBytes, timeoutMs);
  if (bytes.length === 0) {
    throw new Problem(400, "invalid_json", "the body is empty; send a JSON object");
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    const reason = error instanceof SyntaxError ? "it does not parse" : "it is not UTF-8";
    throw new Problem(400, "invalid_json", `the body is not JSON: ${reason}`);
  }
}

function checkType(req: IncomingMessage): void {
  const type = req.headers["content-type"]?.split(";", 1)[0]?.trim();
  if (type !== undefined && !JSON_TYPE.test(type)) {
    throw new Problem(415, "unsupported_media_type", "send the body as Content-Type: application/json", {
      headers: { Accept: "application/json" },
    });
  }
  const encoding = req.headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (encoding !== "identity") {
    throw new Problem(415, "unsupported_media_type", "send the body uncompressed", {
      headers: { "Accept-Encoding": "identity" },
    });
  }
}

function readBytes(ctx: Context, maxBytes: number, timeoutMs: number): Promise<Buffer> {
  const { req, res } = ctx;
  const tooLarge = new Problem(413, "body_too_large", `the body must not be longer than ${maxBytes} bytes`);
  const expected = Number(req.headers["content-length"] ?? 0);
  if (req.headers.expect !== undefined) {
    if (expected > maxBytes) {
      // The client holds its body back and may or may not send it now: the connection cannot be read on.
      res.setHeader("Connection", "close");
      return Promise.reject(tooLarge);
    }
    res.writeContinue();
  }
  // By events: an async iterator over the request costs several promises a chunk.
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const timer = setTimeout(() => {
      res.setHeader("Connection", "close");
      reject(new Problem(408, "body_timeout", `the body did not arrive within ${timeoutMs} ms`));
    }, timeoutMs);
    if (expected > maxBytes) {
      reject(tooLarge);
    }
    req.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxBytes && expected <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      reject(tooLarge);
      // Many clients read the answer only after they have sent everything, so some of it is read and thrown away.
      if (length > 2 * maxBytes) {
        req.destroy();
      }
    });
    req.on("end", () => {
      clearTimeout(timer);
      resolve(chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks));
    });
    req.on("error", reject);
    req.on("close", () => {
      clearTimeout(timer);
      reject(new Problem(400, "aborted", "the client went away before its request was whole"));
    });
  });
}
