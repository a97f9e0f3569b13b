import type { ModelMetadata } from "../../../registry/metadata.ts";
import type { ExternalData } from "../../../registry/publish.ts";
import type { Model } from "../model.ts";
import type { Tensor, Tensors } from "../tensor.ts";

/** What a worker thread starts with. */
export interface ThreadData {
  readonly metadata: ModelMetadata;
  readonly artifact: Uint8Array;
  readonly externalData: readonly ExternalData[];
  readonly intraOpThreads: number;
}

/** The properties of the model that the thread has opened, or why it could not open it. */
export type Opened = Pick<Model, "metadata" | "batched" | "maxRows" | "ragged" | "notes"> | { readonly error: string };

/** Tensors as they are sent between threads. */
export type SentTensors = readonly (readonly [string, Tensor])[];

/** Asks the thread for a run. */
export interface RunRequest {
  readonly id: number;
  readonly inputs: SentTensors;
}

/** The outcome of a run. */
export type RunResponse =
  | { readonly id: number; readonly outputs: SentTensors }
  | { readonly id: number; readonly error: string };

/** Tensors to send, and the memory to transfer instead of copying it. */
export interface Packed {
  readonly tensors: SentTensors;
  readonly memory: ArrayBuffer[];
}

/**
 * Packs tensors for another thread. A view is copied, because the whole memory beneath it would be sent otherwise. A
 * Float16Array is sent as its bits, because structured clone does not support it everywhere.
 *
 * @param isUnused Whether nothing uses the tensors afterwards, so that their memory can be transferred. @default false
 */
export function pack(tensors: Tensors, isUnused = false): Packed {
  const packed: [string, Tensor][] = [];
  const memory = new Set<ArrayBuffer>();
  for (const [name, tensor] of tensors) {
    const { data } = tensor;
    if (Array.isArray(data)) {
      packed.push([name, tensor]);
      continue;
    }
    const bits = data instanceof Float16Array ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;
    const isView = bits.byteLength < bits.buffer.byteLength;
    const own = isView ? bits.slice() : bits;
    packed.push([name, { ...tensor, data: own }]);
    if ((isView || isUnused) && own.buffer instanceof ArrayBuffer) {
      memory.add(own.buffer);
    }
  }
  return { tensors: packed, memory: [...memory] };
}

/** Unpacks what `pack` has packed. */
export function unpack(sent: SentTensors): Tensors {
  return new Map(
    sent.map(([name, tensor]) => {
      const { data } = tensor;
      const isHalf = tensor.datatype === "FP16" && data instanceof Uint16Array;
      return [name, isHalf ? { ...tensor, data: new Float16Array(data.buffer, data.byteOffset, data.length) } : tensor];
    }),
  );
}
