import type { Signature } from "../../registry/metadata.ts";
import type { Model } from "./model.ts";

/**
 * Derives from a signature how requests for the model may be batched:
 *
 * - every first dimension is of any size (-1): it is the batch;
 * - the first dimension of every input is 1: a batch of one row;
 * - anything else: no batch dimension.
 *
 * `maxBatchSize` limits the batch further; 0 says that there is no batch dimension.
 *
 * @throws Error if `maxBatchSize` asks for a batch that the shapes do not allow.
 */
export function batchingOf(signature: Signature): Pick<Model, "batched" | "maxRows" | "ragged"> {
  const { inputs, outputs, maxBatchSize } = signature;
  const first = [...inputs, ...outputs].map(({ shape }) => shape[0]);
  const ragged = inputs.some(({ shape }) => shape.slice(1).includes(-1));
  if (maxBatchSize === 0) {
    return { batched: false, maxRows: 1, ragged };
  }
  if (first.every((size) => size === -1)) {
    return { batched: true, maxRows: maxBatchSize ?? Number.POSITIVE_INFINITY, ragged };
  }
  if (inputs.every(({ shape }) => shape[0] === 1) && first.every((size) => size === 1 || size === -1)) {
    return { batched: true, maxRows: 1, ragged };
  }
  if (maxBatchSize !== undefined) {
    throw new Error(`maxBatchSize is ${maxBatchSize}, but the first dimension of some tensor is not -1; set it to 0`);
  }
  return { batched: false, maxRows: 1, ragged };
}
