import { isUtf8 } from "node:buffer";
import { UserError } from "../../../registry/index.ts";

/** What a file of another kind begins with, what it is, and what to do. */
const OTHER_KINDS: readonly (readonly [start: string, what: string, remedy: string])[] = [
  ["PK\x03\x04", "an Excel workbook or a ZIP archive", "save the sheet as CSV, or unpack the archive"],
  ["\xd0\xcf\x11\xe0", "an old Excel workbook", "save the sheet as CSV"],
  ["PAR1", "a Parquet file", "write it as CSV, for example with pandas' to_csv(index=False)"],
  ["ARROW1", "an Arrow file", "write it as CSV, for example with pandas' to_csv(index=False)"],
  ["\x1f\x8b", "compressed with gzip", "unpack it with gunzip"],
  ["BZh", "compressed with bzip2", "unpack it with bunzip2"],
  ["\xfd7zXZ", "compressed with xz", "unpack it with unxz"],
  ["\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it with unzstd"],
  ["%PDF", "a PDF document", "give the data as CSV or JSONL"],
  ["SQLite format 3", "an SQLite database", "export the table as CSV"],
  ["\x89HDF", "an HDF5 file", "write it as CSV"],
  ["\x93NUMPY", "a NumPy array", "write it as CSV, for example with numpy.savetxt"],
  ["\x80\x04\x95", "a Python pickle", "write it as CSV, for example with pandas' to_csv(index=False)"],
  ["<!DOCTYPE", "a web page", "download the data itself"],
  ["<!doctype", "a web page", "download the data itself"],
  ["<html", "a web page", "download the data itself"],
  ["version https://git-lfs", "a pointer of Git LFS", "fetch the data with git lfs pull"],
];

/** The text of a data file, and how it was read if that was a guess. */
export interface Decoded {
  readonly text: string;
  readonly notes: readonly string[];
}

/**
 * Decodes a file: by its byte order mark, as UTF-16 if every other byte is 0, as UTF-8 if it is valid, otherwise as
 * Windows-1252, which is said in a note.
 *
 * @param encoding the encoding that the user has named
 * @throws UserError if it is no text, or not in the named encoding
 */
export function decode(file: string, bytes: Buffer, encoding?: string): Decoded {
  rejectOtherKinds(file, bytes);
  if (encoding !== undefined) return { text: decodeAs(file, bytes, encoding), notes: [] };
  const wide = utf16(bytes);
  if (wide !== undefined) return { text: decodeAs(file, bytes, wide), notes: [`read as ${wide.toUpperCase()}`] };
  if (isUtf8(bytes)) {
    const zero = bytes.indexOf(0);
    if (zero < 0) return { text: new TextDecoder("utf-8").decode(bytes), notes: [] };
    throw new UserError(`${file}, ${place(bytes, zero)}: has a zero byte, as binary files have; give CSV or JSONL`);
  }
  const at = firstNonAscii(bytes);
  const undefinedByte = bytes.findIndex((byte) => [0, 0x81, 0x8d, 0x8f, 0x90, 0x9d].includes(byte));
  if (undefinedByte >= 0)
    throw new UserError(
      `${file}, ${place(bytes, undefinedByte)}: is neither UTF-8 nor UTF-16 nor Windows-1252; save the file as UTF-8, or name its encoding with --param encoding=NAME`,
    );
  const text = windows1252(bytes);
  const word = /\S*$/.exec(windows1252(bytes.subarray(Math.max(0, at - 20), at)))?.[0] ?? "";
  const rest = /^[^\s,;|"]*/.exec(windows1252(bytes.subarray(at, at + 20)))?.[0] ?? "";
  const example = `${word.split(/[,;|"]/).at(-1) ?? ""}${rest}`;
  return {
    text,
    notes: [
      `is not UTF-8, read as Windows-1252: "${example}" in ${place(bytes, at)}; name another encoding with --param encoding=NAME`,
    ],
  };
}

/** @throws UserError if the file begins as one of a known kind that is no text */
export function rejectOtherKinds(file: string, bytes: Buffer): void {
  const start = bytes.toString("latin1", 0, 32);
  for (const [known, what, remedy] of OTHER_KINDS) {
    if (start.startsWith(known)) throw new UserError(`${file} is ${what}, not CSV or JSONL; ${remedy}`);
  }
}

function decodeAs(file: string, bytes: Buffer, encoding: string): string {
  if (/^(windows-1252|cp1252|latin1|iso-8859-1|ascii)$/i.test(encoding)) return windows1252(bytes);
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(encoding, { fatal: true });
  } catch {
    throw new UserError(`there is no encoding ${encoding}; name one such as utf-8, utf-16le, windows-1251, shift_jis`);
  }
  try {
    return decoder.decode(bytes);
  } catch {
    throw new UserError(
      `${file} is not ${encoding}; save it as UTF-8, or name its encoding with --param encoding=NAME`,
    );
  }
}

/** The variant of UTF-16 by byte order mark, or by the zero bytes of ASCII characters. */
export function utf16(bytes: Buffer): "utf-16le" | "utf-16be" | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  const start = bytes.subarray(0, 200);
  const zeros = [0, 1].map((parity) => start.filter((byte, i) => i % 2 === parity && byte === 0).length);
  const [even = 0, odd = 0] = zeros;
  if (start.length >= 4 && odd > 0.4 * start.length && even === 0) return "utf-16le";
  if (start.length >= 4 && even > 0.4 * start.length && odd === 0) return "utf-16be";
  return undefined;
}

/** The characters of the bytes 0x80–0x9f, in which Windows-1252 differs from Latin-1. */
const UPPER = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";

/** Not by TextDecoder: some releases of Node.js decode Windows-1252 as Latin-1. */
export function windows1252(bytes: Buffer): string {
  return bytes.toString("latin1").replaceAll(/[\x80-\x9f]/g, (char) => UPPER[char.charCodeAt(0) - 0x80] ?? char);
}

function firstNonAscii(bytes: Buffer): number {
  return bytes.findIndex((byte) => byte >= 0x80);
}

function place(bytes: Buffer, at: number): string {
  let line = 1;
  for (let i = 0; i < at; i++) if (bytes[i] === 10) line++;
  return `line ${line}`;
}
