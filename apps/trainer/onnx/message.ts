import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { internal } from "../errors.ts";

/**
 * Writes a protocol buffer message field by field. It works without a schema, because message objects of a large forest
 * would need more memory than the training. Repeated numbers are packed, which every parser accepts.
 */
export class MessageWriter {
  readonly #writer = new BinaryWriter();

  /** Returns the message. Nothing can be written afterwards. */
  finish(): Uint8Array {
    return this.#writer.finish();
  }

  int(field: number, value: number): void {
    this.#writer.tag(field, WireType.Varint);
    this.#varint(value);
  }

  float(field: number, value: number): void {
    this.#writer.tag(field, WireType.Bit32).float(value);
  }

  string(field: number, text: string): void {
    this.#writer.tag(field, WireType.LengthDelimited).string(text);
  }

  ints(field: number, values: ArrayLike<number>): void {
    this.message(field, () => {
      for (let i = 0; i < values.length; i++) this.#varint(values[i] ?? 0);
    });
  }

  floats(field: number, values: ArrayLike<number>): void {
    const packed = new DataView(new ArrayBuffer(4 * values.length));
    for (let i = 0; i < values.length; i++) packed.setFloat32(4 * i, values[i] ?? 0, true);
    this.#writer.tag(field, WireType.LengthDelimited).bytes(new Uint8Array(packed.buffer));
  }

  /** Writes a nested message, whose fields `write` writes. */
  message(field: number, write: () => void): void {
    this.#writer.tag(field, WireType.LengthDelimited).fork();
    write();
    this.#writer.join();
  }

  #varint(value: number): void {
    if (!Number.isSafeInteger(value)) internal(`${value} is not an integer`);
    // Writing 64 bits is slower: the library splits the number into two halves.
    if (value >= 0 && value <= 0xffffffff) this.#writer.uint32(value);
    else this.#writer.int64(value);
  }
}
