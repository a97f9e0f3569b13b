import type { Datatype } from "../../registry/metadata.ts";
import { invalidInput } from "../http-error.ts";
import { arrayOf, type TensorData } from "../model/tensor.ts";
import { decodeText } from "./text.ts";

/** Every string is preceded by its length in bytes, as an unsigned number of this many bytes, little-endian. */
const LENGTH_BYTES = 4;

/**
 * Decodes the elements of a binary tensor: little-endian numbers, BOOL as a byte of 0 or 1, BYTES each preceded by its length.
 *
 * @param length How many elements there must be.
 * @param path Path of the tensor in the body.
 * @throws HttpError 422 if the bytes are not exactly such elements.
 */
export function decode(datatype: Datatype, bytes: Buffer, length: number, path: string): TensorData {
  return datatype === "BYTES" ? decodeTexts(bytes, length, path) : decodeNumbers(datatype, bytes, length, path);
}

function decodeNumbers(datatype: Exclude<Datatype, "BYTES">, bytes: Buffer, length: number, path: string): TensorData {
  const ArrayType = arrayOf(datatype);
  const expected = length * ArrayType.BYTES_PER_ELEMENT;
  if (bytes.length !== expected) {
    throw invalidInput(path, `must have ${expected} bytes of ${datatype} for its shape; it has ${bytes.length}`);
  }
  const isAligned = bytes.byteOffset % ArrayType.BYTES_PER_ELEMENT === 0;
  const aligned = isAligned ? bytes : new Uint8Array(bytes);
  const numbers = new ArrayType(aligned.buffer, aligned.byteOffset, length);
  if (datatype === "BOOL" && bytes.some((byte) => byte > 1)) {
    throw invalidInput(path, "must have a byte of 0 or 1 for each BOOL");
  }
  return numbers;
}

function decodeTexts(bytes: Buffer, length: number, path: string): string[] {
  const texts: string[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const start = offset + LENGTH_BYTES;
    const end = start <= bytes.length ? start + bytes.readUInt32LE(offset) : start;
    if (end > bytes.length) {
      throw invalidInput(path, `element ${texts.length} is longer than the ${bytes.length} bytes of the tensor`);
    }
    texts.push(decodeText(bytes.subarray(start, end), `${path}[${texts.length}]`));
    offset = end;
  }
  if (texts.length !== length) {
    throw invalidInput(path, `must have ${length} elements for its shape; it has ${texts.length}`);
  }
  return texts;
}

/** Encodes a tensor's elements as bytes; numbers as a view of the same memory. */
export function encode(data: TensorData): Buffer {
  if (!Array.isArray(data)) {
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  }
  const parts: Buffer[] = [];
  for (const text of data) {
    const bytes = Buffer.from(text);
    const length = Buffer.allocUnsafe(LENGTH_BYTES);
    length.writeUInt32LE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}
