import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** A reader of a message, or of a part of one. */
export function readerOf(bytes: Uint8Array): BinaryReader {
  return new BinaryReader(bytes);
}

/** Reads a string. Names are short: Buffer decodes them several times as fast as TextDecoder. */
export function textOf(reader: BinaryReader): string {
  const { buffer, byteOffset, byteLength } = reader.bytes();
  return Buffer.from(buffer, byteOffset, byteLength).toString("utf8");
}

/** Reads an entry of a `map<string, InferParameter>` into an object. */
export function readParameters(reader: BinaryReader, into: Record<string, unknown>): void {
  let key = "";
  let value: unknown;
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === 1 && type === WireType.LengthDelimited) {
      key = textOf(reader);
    } else if (field === 2 && type === WireType.LengthDelimited) {
      value = readParameter(readerOf(reader.bytes()));
    } else {
      reader.skip(type, field);
    }
  }
  into[key] = value;
}

/** Integers become numbers: none of the parameters that the server knows needs more digits. */
function readParameter(reader: BinaryReader): unknown {
  let value: unknown;
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === 1 && type === WireType.Varint) {
      value = reader.bool();
    } else if (field === 2 && type === WireType.Varint) {
      value = Number(reader.int64());
    } else if (field === 3 && type === WireType.LengthDelimited) {
      value = textOf(reader);
    } else if (field === 4 && type === WireType.Bit64) {
      value = reader.double();
    } else if (field === 5 && type === WireType.Varint) {
      value = Number(reader.uint64());
    } else {
      reader.skip(type, field);
    }
  }
  return value;
}

/** One list of an `InferTensorContents`: its values, or the bytes of packed floats or doubles. */
export interface Contents {
  readonly bytes: Buffer | undefined;
  /** Numbers, bigints, booleans, or a Buffer for each element of BYTES. */
  readonly values: unknown[];
}

const READERS: Readonly<Record<number, (reader: BinaryReader) => unknown>> = {
  1: (reader) => reader.bool(),
  2: (reader) => reader.int32(),
  3: (reader) => BigInt(reader.int64()),
  4: (reader) => reader.uint32(),
  5: (reader) => BigInt(reader.uint64()),
  6: (reader) => reader.float(),
  7: (reader) => reader.double(),
};
const WIRE_TYPES: Readonly<Record<number, WireType>> = { 6: WireType.Bit32, 7: WireType.Bit64 };
const BYTES_FIELD = 8;

/** Reads one list of an `InferTensorContents` by the number of its field; the others are ignored. */
export function contentsReader(contents: Uint8Array, wanted: number): Contents {
  const reader = readerOf(contents);
  const readValue = READERS[wanted];
  const values: unknown[] = [];
  let bytes: Buffer | undefined;
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field !== wanted) {
      reader.skip(type, field);
    } else if (type !== WireType.LengthDelimited) {
      // A list that is not packed.
      if (readValue === undefined || type !== (WIRE_TYPES[wanted] ?? WireType.Varint)) {
        throw new TypeError(`field ${field} has wire type ${type}`);
      }
      values.push(readValue(reader));
    } else if (wanted === BYTES_FIELD) {
      const { buffer, byteOffset, byteLength } = reader.bytes();
      values.push(Buffer.from(buffer, byteOffset, byteLength));
    } else {
      const packed = reader.bytes();
      const isOnly = packed.byteLength > 0 && values.length === 0 && reader.pos === reader.len;
      if (isOnly && WIRE_TYPES[wanted] !== undefined) {
        bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
      } else {
        readPacked(packed, readValue, values);
      }
    }
  }
  return { bytes, values };
}

function readPacked(
  packed: Uint8Array,
  readValue: ((reader: BinaryReader) => unknown) | undefined,
  values: unknown[],
): void {
  const reader = readerOf(packed);
  while (readValue !== undefined && reader.pos < reader.len) {
    values.push(readValue(reader));
  }
}
