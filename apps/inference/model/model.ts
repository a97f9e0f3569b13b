import type { ModelMetadata } from "../../registry/metadata.ts";
import type { Tensors } from "./tensor.ts";

/** A loaded model: tensors in, tensors out. What runs it (a session here, a worker elsewhere) stays behind this. */
export interface Model {
  readonly metadata: ModelMetadata;
  /** Most rows that one run may have: Infinity, or 1 where the graph fixes its batch dimension. */
  readonly maxRows: number;
  /**
   * Runs the graph once.
   *
   * @param inputs Every input of the signature, all with the same number of rows.
   * @returns Every output of the signature, with that same number of rows.
   */
  run(inputs: Tensors): Promise<Tensors>;
  /** Frees what the model holds; it cannot run afterwards. */
  close(): Promise<void>;
}

/** Opens a verified artefact as a model. */
export type OpenModel = (metadata: ModelMetadata, artefact: Uint8Array) => Promise<Model>;
