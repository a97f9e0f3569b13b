import type { ModelMetadata } from "../../registry/metadata.ts";
import type { Tensors } from "./tensor.ts";

/** A loaded model: tensors in, tensors out. What runs it (a session here, a worker elsewhere) stays behind this. */
export interface Model {
  readonly metadata: ModelMetadata;
  /** Whether the first dimension of every tensor is the batch; where not, each request is a run of its own. */
  readonly batched: boolean;
  /** Most rows that one run may have: Infinity, or fewer where the graph or its description says so. */
  readonly maxRows: number;
  /** Whether the shape of a row may differ from request to request. */
  readonly ragged: boolean;
  /**
   * Runs the graph once.
   *
   * @param inputs Every input of the signature; where the model is batched, all with the same number of rows.
   * @param wanted Names of the outputs that will be looked at; each that is left out is a third of a small graph's run.
   *   Left out itself for every output of the signature.
   * @returns At least the outputs wanted; where the model is batched, with that same number of rows. No promise where the
   *   calling thread computes: that spares the caller a turn.
   */
  run(inputs: Tensors, wanted?: readonly string[]): Tensors | Promise<Tensors>;
  /** Resolves where the model has ended by itself and cannot run any more; left out where it cannot. */
  readonly lost?: Promise<void>;
  /** Frees what the model holds; it cannot run afterwards. */
  close(): Promise<void>;
}

/** Opens a verified artefact as a model. */
export type OpenModel = (metadata: ModelMetadata, artefact: Uint8Array) => Promise<Model>;
