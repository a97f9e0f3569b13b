import { internal } from "../errors.ts";

/** Wire types of protocol buffers (protobuf.dev/programming-guides/encoding). */
const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;
/** Longest a whole number up to 2⁵³ is as a varint, in bytes. */
const LONGEST = 8;

/**
 * Writes one protocol buffer message, field by field, into memory that grows. Repeated numbers are packed, which every
 * reader takes whatever the schema says. Whole numbers must not be negative.
 */
export class MessageWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** The message so far; a view. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  int(field: number, value: number): void {
    this.#reserve(2 * LONGEST);
    this.#tag(field, VARINT);
    this.#varint(value);
  }

  float(field: number, value: number): void {
    this.#reserve(LONGEST + 4);
    this.#tag(field, FIXED_32);
    this.#float(value);
  }

  string(field: number, text: string): void {
    // UTF-8 takes at most three bytes for a 16-bit character.
    this.#reserve(2 * LONGEST + 3 * text.length);
    this.#tag(field, LENGTH_DELIMITED);
    let ascii = true;
    for (let i = 0; i < text.length && ascii; i++) ascii = text.charCodeAt(i) < 128;
    if (ascii) {
      this.#varint(text.length);
      for (let i = 0; i < text.length; i++) this.#bytes[this.#length++] = text.charCodeAt(i);
    } else {
      const encoded = Buffer.from(text);
      this.#varint(encoded.length);
      this.#bytes.set(encoded, this.#length);
      this.#length += encoded.length;
    }
  }

  ints(field: number, values: ArrayLike<number>): void {
    let size = 0;
    for (let i = 0; i < values.length; i++) size += varintSize(values[i] ?? 0);
    this.#reserve(2 * LONGEST + size);
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(size);
    for (let i = 0; i < values.length; i++) this.#varint(values[i] ?? 0);
  }

  floats(field: number, values: ArrayLike<number>): void {
    this.#reserve(2 * LONGEST + 4 * values.length);
    this.#tag(field, LENGTH_DELIMITED);
    this.#varint(4 * values.length);
    for (let i = 0; i < values.length; i++) this.#float(values[i] ?? 0);
  }

  /** A message within this one: `write` writes its fields. */
  message(field: number, write: () => void): void {
    this.#reserve(2 * LONGEST);
    this.#tag(field, LENGTH_DELIMITED);
    // Its length comes first, and is known last: until then it stands as far behind as the longest one would put it.
    const start = this.#length;
    this.#length += LONGEST;
    write();
    const end = this.#length;
    this.#length = start;
    this.#varint(end - start - LONGEST);
    this.#bytes.copyWithin(this.#length, start + LONGEST, end);
    this.#length += end - start - LONGEST;
  }

  #tag(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType);
  }

  #varint(value: number): void {
    if (!(value >= 0 && Number.isSafeInteger(value))) internal(`${value} is not a whole number from 0 on`);
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  #float(value: number): void {
    SCRATCH.setFloat32(0, value, true);
    for (let i = 0; i < 4; i++) this.#bytes[this.#length++] = SCRATCH.getUint8(i);
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

const SCRATCH = new DataView(new ArrayBuffer(4));

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) size++;
  return size;
}
