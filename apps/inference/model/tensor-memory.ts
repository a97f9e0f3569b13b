export type TypedArray =
  | Float16Array
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** Creates an array for elements of one type: with a given length, or as a view of existing bytes. */
export interface NumericArrayConstructor {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): TypedArray;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray;
}

/** V8 stores arrays of up to this many bytes in its own heap (typed_array_max_size_in_heap). */
const IN_HEAP_BYTES = 64;
/** Arrays of more bytes than this get memory of their own. */
const SHARED_BYTES = 2048;
const SLAB_BYTES = 16 * 1024;
/** An offset that is valid for every element type. */
const ALIGNMENT = 8;

/**
 * Allocates small arrays from shared slabs of 16 KiB, as Node does for its buffers: freeing separate memory for each request
 * makes garbage collections slow. An array keeps its slab alive, and its `buffer` also holds other arrays: code that
 * transfers it to another thread has to copy it first (`threads/messages.ts`).
 */
export class TensorMemory {
  #slab = new ArrayBuffer(0);
  #used = 0;

  /** An array of zeros. */
  allocate(ArrayType: NumericArrayConstructor, length: number): TypedArray {
    const bytes = length * ArrayType.BYTES_PER_ELEMENT;
    if (bytes <= IN_HEAP_BYTES || bytes > SHARED_BYTES) {
      return new ArrayType(length);
    }
    if (this.#used + bytes > this.#slab.byteLength) {
      this.#slab = new ArrayBuffer(SLAB_BYTES);
      this.#used = 0;
    }
    const numbers = new ArrayType(this.#slab, this.#used, length);
    this.#used += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    return numbers;
  }
}
