import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { internal } from "../errors.ts";

/**
 * Writes one protocol buffer message, field by field. Repeated numbers are packed, which every reader takes whatever the
 * schema says. There is a writer beneath, and no schema: with one, each of a forest's numbers is an object until the end of
 * the message, which is more memory than anything else in training. Whole numbers must not be negative.
 */
export class MessageWriter {
  readonly #writer = new BinaryWriter();

  /** The message, after which nothing more can be written. */
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

  /** A message within this one: `write` writes its fields. */
  message(field: number, write: () => void): void {
    this.#writer.tag(field, WireType.LengthDelimited).fork();
    write();
    this.#writer.join();
  }

  #varint(value: number): void {
    if (!(value >= 0 && Number.isSafeInteger(value))) internal(`${value} is not a whole number from 0 on`);
    // The library makes a whole number of 64 bits out of two halves, at ten times the cost.
    if (value <= 0xffffffff) this.#writer.uint32(value);
    else this.#writer.uint64(value);
  }
}
