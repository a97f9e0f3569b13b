import type { ServerResponse } from "node:http";
import type { Context } from "koa";
import type { Lifecycle } from "../lifecycle.ts";
import { compress, responseEncoding } from "./body/encoding.ts";
import type { TraceContext } from "./trace.ts";

/**
 * Responds with a JSON value; compressed if it is long, no error, and the client accepts that.
 *
 * @param status @default 200
 * @param headers Further headers. @default none
 * @returns A promise if the response is being compressed, which resolves when it is sent.
 */
export type SendJson = (
  ctx: Context,
  value: unknown,
  status?: number,
  headers?: FlatHeaders,
) => Promise<void> | undefined;

/** Headers as a flat list, as `writeHead` takes them: name, value, name, value … */
export type FlatHeaders = readonly string[];

/** Data of a request that its response's headers contain; stored in the context's state. */
export interface ResponseDetails {
  readonly requestId?: string;
  readonly trace?: TraceContext | undefined;
  /** Further headers. @default none */
  readonly headers?: FlatHeaders;
}

const NONE: FlatHeaders = [];
const CLOSE: FlatHeaders = ["Connection", "close"];

/** The fast path for responses to POST: writes head and body at once, without Koa's setters. */
export function jsonSender(lifecycle: Lifecycle): SendJson {
  return (ctx, value, status = 200, headers = NONE) => {
    const text = JSON.stringify(value);
    const encoding = status === 200 ? responseEncoding(ctx.req, text.length) : undefined;
    if (encoding === undefined) {
      writeText(ctx.res, status, [...commonHeaders(ctx.state, lifecycle), ...headers], text);
      return undefined;
    }
    return compress(text, encoding).then((bytes) => {
      const coded = ["Content-Encoding", encoding, "Vary", "Accept-Encoding"];
      writeText(ctx.res, status, [...commonHeaders(ctx.state, lifecycle), ...headers, ...coded], bytes);
    });
  };
}

/** Writes a whole response, head and body at once. */
export function writeJson(res: ServerResponse, status: number, headers: FlatHeaders, value: unknown): void {
  writeText(res, status, headers, JSON.stringify(value));
}

/** @param text JSON, or its compressed bytes. */
function writeText(res: ServerResponse, status: number, headers: FlatHeaders, text: string | Buffer): void {
  res.writeHead(status, [
    ...headers,
    "Content-Type",
    "application/json; charset=utf-8",
    "Content-Length",
    String(Buffer.byteLength(text)),
  ]);
  res.end(text);
}

/** Sets the headers that every response carries, on one that was not sent by the fast path. */
export function setCommonHeaders(ctx: Context, lifecycle: Lifecycle): void {
  if (!ctx.headerSent) {
    const headers = commonHeaders(ctx.state, lifecycle);
    for (let index = 0; index < headers.length; index += 2) {
      ctx.set(headers[index] ?? "", headers[index + 1] ?? "");
    }
  }
}

/**
 * The request's id and trace, its further headers, and `Connection: close` toward the end of a drain. Computed when the
 * response is sent, because the drain may have begun after the request.
 */
export function commonHeaders(
  { requestId = "", trace, headers = NONE }: ResponseDetails,
  lifecycle: Lifecycle,
): FlatHeaders {
  const traced = trace === undefined ? NONE : traceHeaders(trace);
  return ["X-Request-ID", requestId, ...headers, ...traced, ...(lifecycle.closing ? CLOSE : NONE)];
}

function traceHeaders({ traceparent, tracestate }: TraceContext): FlatHeaders {
  return ["traceparent", traceparent, ...(tracestate === undefined ? NONE : ["tracestate", tracestate])];
}
