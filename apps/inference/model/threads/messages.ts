import type { ModelMetadata } from "../../../registry/metadata.ts";
import type { Model } from "../model.ts";
import type { Tensor, Tensors } from "../tensor.ts";

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

/** Tensors on their way, and the memory that is handed over with them instead of being copied. */
export interface Packed {
  readonly parcel: Parcel;
  readonly memory: ArrayBuffer[];
}

/**
 * Packs tensors for another thread. A view goes as a copy of what it shows: of the memory beneath it the whole would go along.
 * A Float16Array goes as its bits, because not every structured clone knows it.
 *
 * @param isOver Whether nobody looks into the tensors any more, so that their memory can be handed over. @default false
 */
export function pack(tensors: Tensors, isOver = false): Packed {
  const parcel: [string, Tensor][] = [];
  const memory = new Set<ArrayBuffer>();
  for (const [name, tensor] of tensors) {
    const { data } = tensor;
    if (Array.isArray(data)) {
      parcel.push([name, tensor]);
      continue;
    }
    const bits = data instanceof Float16Array ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;
    const isView = bits.byteLength < bits.buffer.byteLength;
    const own = isView ? bits.slice() : bits;
    parcel.push([name, { ...tensor, data: own }]);
    if ((isView || isOver) && own.buffer instanceof ArrayBuffer) {
      memory.add(own.buffer);
    }
  }
  return { parcel, memory: [...memory] };
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
