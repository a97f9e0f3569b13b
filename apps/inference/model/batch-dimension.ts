import type { Signature } from "../../registry/metadata.ts";
import type { Model } from "./model.ts";

/**
 * How a model's requests may run together, read off its signature: where every first dimension is of any size (-1), it is
 * the batch; where every input's is 1, the batch is one row; anything else has no batch dimension. `maxBatchSize` says
 * more: a smaller batch, or 0 for none at all.
 *
 * @throws Error where `maxBatchSize` asks for a batch that the shapes do not have.
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
