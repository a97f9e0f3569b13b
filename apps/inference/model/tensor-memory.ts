import type { NumericArrayConstructor, TypedArray } from "./tensor.ts";

/** Elements of so many bytes at most V8 keeps in its own heap (its typed_array_max_size_in_heap): they need no memory elsewhere. */
const IN_HEAP_BYTES = 64;
/** From so many bytes on, memory of its own is no longer what costs most of an array. */
const SHARED_BYTES = 2048;
const SLAB_BYTES = 16 * 1024;
/** What every type of element can begin at. */
const ALIGNMENT = 8;

let slab = new ArrayBuffer(0);
let used = 0;

/**
 * Room for some numbers, all zero. Small arrays share slabs of 16 KiB, as Node's own buffers do: memory of its own for
 * each request is what the pauses of the garbage collector are made of, which frees it piece by piece. An array that stays
 * keeps its slab with it, and its `buffer` is not its alone: who gives it to another thread copies it (`threads/messages.ts`).
 */
export function allocateNumbers(ArrayType: NumericArrayConstructor, length: number): TypedArray {
  const bytes = length * ArrayType.BYTES_PER_ELEMENT;
  if (bytes <= IN_HEAP_BYTES || bytes > SHARED_BYTES) {
    return new ArrayType(length);
  }
  if (used + bytes > slab.byteLength) {
    slab = new ArrayBuffer(SLAB_BYTES);
    used = 0;
  }
  const numbers = new ArrayType(slab, used, length);
  used += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  return numbers;
}
