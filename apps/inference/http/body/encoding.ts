import type { IncomingMessage } from "node:http";
import type { Transform } from "node:stream";
import { promisify } from "node:util";
import { constants, createGunzip, createInflate, deflate, gzip, type ZlibOptions } from "node:zlib";
import { HttpError } from "../../http-error.ts";

/** A content coding of HTTP. `deflate` is the zlib format (RFC 9110, section 8.4.1). */
type Encoding = "gzip" | "deflate";

/** Long enough that sending fewer bytes is worth the time to compress them. */
const COMPRESSED_BYTES = 16 * 1024;

const DECODED_CHUNK_BYTES = 64 * 1024;

/** Numbers in JSON hardly become shorter at higher levels, which take several times as long. */
const FAST: ZlibOptions = { level: constants.Z_BEST_SPEED };

const compressors = {
  gzip: promisify<Buffer, ZlibOptions, Buffer>(gzip),
  deflate: promisify<Buffer, ZlibOptions, Buffer>(deflate),
};

/**
 * The coding of a request's body; undefined if it is not compressed.
 *
 * @throws HttpError 415 for any coding but gzip and deflate.
 */
export function encodingOf(req: IncomingMessage): Encoding | undefined {
  const declared = req.headers["content-encoding"]?.trim().toLowerCase();
  switch (declared) {
    case undefined:
    case "":
    case "identity":
      return undefined;
    case "gzip":
    case "x-gzip":
      return "gzip";
    case "deflate":
      return "deflate";
    default:
      throw new HttpError(
        415,
        "unsupported_media_type",
        "send the body as Content-Encoding: gzip, deflate or identity",
        {
          headers: { "Accept-Encoding": "gzip, deflate, identity" },
        },
      );
  }
}

/** A stream that decompresses a body. It fails if the body is not of that coding, or is cut off. */
export function decoder(encoding: Encoding): Transform {
  return (encoding === "gzip" ? createGunzip : createInflate)({ chunkSize: DECODED_CHUNK_BYTES });
}

/** The coding in which to send a response; undefined if it is short, or the client did not ask for one. */
export function responseEncoding({ headers }: IncomingMessage, bytes: number): Encoding | undefined {
  const accepted = bytes < COMPRESSED_BYTES ? undefined : headers["accept-encoding"];
  if (typeof accepted !== "string") {
    return undefined;
  }
  const codings = accepted
    .toLowerCase()
    .split(",")
    .map((item) => item.split(";").map((part) => part.trim()))
    .filter(([, ...parameters]) => !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter)))
    .map(([coding]) => coding);
  return codings.includes("gzip") ? "gzip" : codings.includes("deflate") ? "deflate" : undefined;
}

/** Compresses a response, on a thread of libuv's pool. */
export function compress(body: string | Buffer, encoding: Encoding): Promise<Buffer> {
  return compressors[encoding](Buffer.from(body as string), FAST);
}
