import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/**
 * One field of a protobuf message as it is encoded. Fields are views of the message's memory, so that weights are not copied
 * before a message is written again.
 */
export interface Field {
  readonly number: number;
  /** The whole field: tag, length and content. */
  readonly bytes: Uint8Array;
  /** The content of a string, of bytes, of an embedded message or of packed numbers; undefined for a single number. */
  readonly content: Uint8Array | undefined;
}

/** Splits a message into its fields. Throws an Error if it is malformed. */
export function fieldsOf(message: Uint8Array): Field[] {
  const reader = new BinaryReader(message);
  const fields: Field[] = [];
  while (reader.pos < message.length) {
    const start = reader.pos;
    const [number, wireType] = reader.tag();
    let content: Uint8Array | undefined;
    if (wireType === WireType.LengthDelimited) {
      content = reader.bytes();
    } else {
      reader.skip(wireType);
    }
    fields.push({ number, bytes: message.subarray(start, reader.pos), content });
  }
  return fields;
}

/** Writes a message from its fields. */
export function messageOf(fields: readonly Field[]): Uint8Array {
  const length = fields.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const message = new Uint8Array(length);
  let offset = 0;
  for (const { bytes } of fields) {
    message.set(bytes, offset);
    offset += bytes.length;
  }
  return message;
}

/** A field with the given content: a message, or text. */
export function embedded(number: number, content: Uint8Array | string): Field {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const field = new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(bytes).finish();
  return { number, bytes: field, content: bytes };
}

/** A field with a number that is not negative. */
export function integer(number: number, value: number): Field {
  const bytes = new BinaryWriter().tag(number, WireType.Varint).int64(value).finish();
  return { number, bytes, content: undefined };
}

/** The texts of a repeated field. */
export function textsOf(fields: readonly Field[], number: number): string[] {
  return contentsOf(fields, number).map((content) => new TextDecoder().decode(content));
}

/** The contents of a repeated field. */
export function contentsOf(fields: readonly Field[], number: number): Uint8Array[] {
  return fields.flatMap((field) => (field.number === number && field.content !== undefined ? [field.content] : []));
}

/** The integers of a repeated field, packed or not. */
export function integersOf(fields: readonly Field[], number: number): bigint[] {
  return fields.flatMap((field) => {
    if (field.number !== number) return [];
    const reader = new BinaryReader(field.content ?? field.bytes);
    if (field.content === undefined) reader.tag();
    const integers: bigint[] = [];
    while (reader.pos < reader.len) integers.push(BigInt(reader.int64()));
    return integers;
  });
}
