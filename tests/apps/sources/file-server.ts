import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the server does with the next request for a file, instead of answering it. */
export type Fault =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  /** Sends this many bytes of what was asked for, and closes the connection. */
  | { readonly cutAfter: number }
  /** Sends this many bytes and then nothing. */
  | { readonly stallAfter: number }
  /** Says that there is no more after this many bytes. */
  | { readonly endAfter: number };

export interface Served {
  content: Buffer;
  /** @default none */
  etag?: string;
  /** @default true */
  ranges?: boolean;
  /** Value that the header `Authorization` must have. @default none */
  authorization?: string;
  /** Used up from the first on. */
  faults?: Fault[];
}

export interface FileServer {
  readonly url: string;
  /** By path with a query. */
  readonly files: Map<string, Served>;
  /** Paths that lead elsewhere. */
  readonly redirects: Map<string, string>;
  readonly requests: {
    readonly path: string;
    readonly range: string | undefined;
    readonly authorization: string | undefined;
  }[];
  close(): Promise<void>;
}

/** A server of files on loopback that supports ranges, and misbehaves on demand. */
export async function startFileServer(): Promise<FileServer> {
  const files = new Map<string, Served>();
  const redirects = new Map<string, string>();
  const requests: FileServer["requests"] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    requests.push({ path, range: request.headers.range, authorization: request.headers.authorization });
    const location = redirects.get(path);
    const file = files.get(path);
    if (location !== undefined) response.writeHead(302, { location }).end();
    else if (file === undefined) response.writeHead(404).end("no such file");
    else answer(file, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...{ url: `http://127.0.0.1:${port}`, files, redirects, requests },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function answer(file: Served, { headers }: IncomingMessage, response: ServerResponse): void {
  const { content, etag, ranges = true, authorization } = file;
  if (authorization !== undefined && headers.authorization !== authorization) {
    response.writeHead(headers.authorization === undefined ? 401 : 403).end();
    return;
  }
  const fault = file.faults?.shift();
  if (fault !== undefined && "status" in fault) {
    response.writeHead(fault.status, fault.headers).end(fault.body);
    return;
  }
  const [, first] = /^bytes=(\d+)-$/.exec(headers.range ?? "") ?? [];
  const start = ranges && first !== undefined && headers["if-range"] === etag ? Number(first) : 0;
  const rest = content.subarray(start);
  const length = fault !== undefined && "endAfter" in fault ? fault.endAfter : rest.length;
  response.writeHead(start > 0 ? 206 : 200, {
    "content-length": length,
    ...(etag === undefined ? {} : { etag }),
    ...(start > 0 ? { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
  });
  if (fault === undefined || "endAfter" in fault) {
    response.end(rest.subarray(0, length));
    return;
  }
  const bytes = "cutAfter" in fault ? fault.cutAfter : fault.stallAfter;
  response.write(rest.subarray(0, bytes), () => {
    if ("cutAfter" in fault) response.destroy();
  });
}
