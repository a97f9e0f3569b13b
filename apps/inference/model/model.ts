import type { ModelMetadata } from "../../registry/metadata.ts";
import type { ExternalData } from "../../registry/publish.ts";
import type { Tensors } from "./tensor.ts";

/** A loaded model: tensors in, tensors out. Implementations run it in this thread or in a worker. */
export interface Model {
  readonly metadata: ModelMetadata;
  /** Whether the first dimension of every tensor is the batch; if not, each request is a run of its own. */
  readonly batched: boolean;
  /** Most rows of one run: Infinity, or fewer if the graph or its metadata says so. */
  readonly maxRows: number;
  /** Whether the shape of a row may differ between requests. */
  readonly ragged: boolean;
  /** What is served otherwise than the graph says, one line each, for the log. @default nothing */
  readonly notes?: readonly string[];
  /**
   * Runs the graph once.
   *
   * @param inputs Every input of the signature; if the model is batched, all with the same number of rows.
   * @param wanted Names of the outputs that are needed: computing fewer is faster. @default every output of the signature
   * @returns At least the wanted outputs; if the model is batched, with that same number of rows. Not a promise if the calling
   *   thread computes, which saves the caller a turn of the event loop.
   */
  run(inputs: Tensors, wanted?: readonly string[]): Tensors | Promise<Tensors>;
  /** Resolves if the model crashes and cannot run any more; undefined if it cannot crash on its own. */
  readonly crashed?: Promise<void>;
  /** Frees the model; it cannot run afterwards. */
  close(): Promise<void>;
}

/**
 * Opens a verified artifact as a model.
 *
 * @param externalData The files that hold weights of the graph. @default none
 */
export type OpenModel = (
  metadata: ModelMetadata,
  artifact: Uint8Array,
  externalData?: readonly ExternalData[],
) => Promise<Model>;
