/**
 * A web server of model files that runs in a pod: with a password, with ranges, and cut off midway on demand. `GET /cut?at=N`
 * breaks every connection before byte N of a file; without `at` none. `GET /requests` lists what was asked for.
 */
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import path from "node:path";

/** The header `Authorization` that requests for files need: user `me`, password `pass`. */
export const AUTHORIZATION = `Basic ${Buffer.from("me:pass").toString("base64")}`;
/** Bytes of a model. */
export const MODEL_BYTES = 8 * 1024 ** 2;
/** Bytes of `large.bin`. */
export const LARGE_BYTES = 2 * 1024 ** 3;
const PIECE = 1024 ** 2;

/** One request for a file. */
export interface StoreRequest {
  readonly path: string;
  /** First byte that it asked for. */
  readonly from: number;
}

/** A graph, with a description that makes it large; it differs by `version`. */
export function paddedGraph(graph: Uint8Array, version: string): Buffer {
  // Field 6 of ONNX's ModelProto, `doc_string`, with its length as a varint.
  const text = Buffer.alloc(MODEL_BYTES - graph.length - 5, `version ${version} `);
  const length = [0, 7, 14, 21].map((shift, index) => ((text.length >> shift) & 0x7f) | (index < 3 ? 0x80 : 0));
  return Buffer.concat([graph, Buffer.from([0x32, ...length]), text]);
}

/** A part of `large.bin`, of at most 1 MiB, whose pieces all differ. */
export function largePiece(from: number): Buffer {
  const number = Math.floor(from / PIECE);
  const piece = Buffer.alloc(PIECE, number % 251);
  piece.writeUInt32BE(number);
  return piece.subarray(from % PIECE);
}

/** A file by its path, or undefined. */
function fileOf(name: string, graph: Uint8Array) {
  const [, version, file] = /^\/(\d+)\/([\w.]+)$/.exec(name) ?? [];
  if (version === undefined) return undefined;
  if (file === "large.bin") return { bytes: LARGE_BYTES, part: largePiece };
  const content = paddedGraph(graph, version);
  return file === "model.onnx"
    ? { bytes: content.length, part: (from: number) => content.subarray(from, from + PIECE) }
    : undefined;
}

/** Sends a file from a byte on; breaks the connection before byte `cut`. */
async function sendFile(
  response: ServerResponse,
  { bytes, part }: { readonly bytes: number; readonly part: (from: number) => Buffer },
  from: number,
  cutAt: () => number,
): Promise<void> {
  for (let at = from; at < bytes && !response.destroyed; ) {
    const rest = cutAt() - at;
    if (rest <= 0) {
      response.destroy();
      return;
    }
    const piece = part(at);
    const sent = piece.subarray(0, Math.min(piece.length, rest));
    at += sent.length;
    // Until it is sent: what is only buffered would be lost where the connection breaks.
    await new Promise<void>((resolve) => {
      response.write(sent, () => resolve());
    });
  }
  response.end();
}

function serve(graph: Uint8Array, port: number): void {
  let cut = Number.POSITIVE_INFINITY;
  const requests: StoreRequest[] = [];
  const server = createServer(({ url = "/", headers }, response) => {
    const { pathname, searchParams } = new URL(url, "http://localhost");
    if (pathname === "/cut") {
      cut = Number(searchParams.get("at") ?? Number.POSITIVE_INFINITY);
      response.end();
      return;
    }
    if (pathname === "/requests") {
      response.end(JSON.stringify(requests));
      return;
    }
    const file = fileOf(pathname, graph);
    if (headers.authorization !== AUTHORIZATION || file === undefined) {
      response.writeHead(headers.authorization === AUTHORIZATION ? 404 : 401).end();
      return;
    }
    const etag = `"${pathname}"`;
    const [, first] = /^bytes=(\d+)-$/.exec(headers.range ?? "") ?? [];
    const from = first !== undefined && headers["if-range"] === etag ? Number(first) : 0;
    requests.push({ path: pathname, from });
    response.writeHead(from > 0 ? 206 : 200, {
      etag,
      "content-length": file.bytes - from,
      ...(from > 0 ? { "content-range": `bytes ${from}-${file.bytes - 1}/${file.bytes}` } : {}),
    });
    void sendFile(response, file, from, () => cut);
  });
  server.listen(port);
  process.on("SIGTERM", () => process.exit());
}

const port = process.env["STORE_PORT"];
if (port !== undefined) serve(readFileSync(path.join(import.meta.dirname, "graph.onnx")), Number(port));
