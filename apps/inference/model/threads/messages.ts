import type { ModelMetadata } from "../../../registry/metadata.ts";
import type { Model } from "../model.ts";
import type { Tensor, Tensors, TypedArray } from "../tensor.ts";

/** What a thread is started with. */
export interface ThreadData {
  readonly metadata: ModelMetadata;
  readonly artefact: Uint8Array;
  readonly intraOpThreads: number;
}

/** The facts of the model that the thread has opened, or why it could not. */
export type Opened = Pick<Model, "metadata" | "batched" | "maxRows" | "ragged"> | { readonly error: string };

/** Tensors on their way between threads. */
export type Parcel = readonly (readonly [string, Tensor])[];

/** A run that is asked of the thread. */
export interface RunRequest {
  readonly id: number;
  readonly inputs: Parcel;
}

/** Its outcome. */
export type RunAnswer =
  | { readonly id: number; readonly outputs: Parcel }
  | { readonly id: number; readonly error: string };

/** Packs tensors; a Float16Array goes as its bits, because not every structured clone knows it. */
export function pack(tensors: Tensors): Parcel {
  return [...tensors].map(([name, tensor]) => [name, { ...tensor, data: asBits(tensor.data) }]);
}

/** Unpacks what was packed. */
export function unpack(parcel: Parcel): Tensors {
  return new Map(
    parcel.map(([name, tensor]) => {
      const { data } = tensor;
      const isHalf = tensor.datatype === "FP16" && data instanceof Uint16Array;
      return [name, isHalf ? { ...tensor, data: new Float16Array(data.buffer, data.byteOffset, data.length) } : tensor];
    }),
  );
}

/** The memory that a parcel can hand over instead of being copied: what no other tensor may still look into. */
export function ownMemory(parcel: Parcel): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const [, { data }] of parcel) {
    if (!Array.isArray(data) && data.buffer instanceof ArrayBuffer) {
      buffers.add(data.buffer);
    }
  }
  return [...buffers];
}

function asBits(data: Tensor["data"]): Tensor["data"] {
  return data instanceof Float16Array ? bitsOf(data) : data;
}

function bitsOf({ buffer, byteOffset, length }: TypedArray): Uint16Array {
  return new Uint16Array(buffer, byteOffset, length);
}
