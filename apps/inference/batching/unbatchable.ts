import type { GraphFacts } from "../model/graph/facts.ts";
import type { Model } from "../model/model.ts";
import { probe } from "../model/probe.ts";
import { sliceRows, type Tensor, type Tensors } from "../model/tensor.ts";
import type { TensorMemory } from "../model/tensor-memory.ts";
import { concatenate } from "./batch-tensors.ts";

/** Operators that quantize by the value range of the whole run, so that rows influence each other. */
const QUANTIZES = /^DynamicQuantize/;

/** Tolerated difference between a row's output in a shared run and alone, as a share of the row's largest number. */
const ROUNDING = 0.01;

/**
 * Why each request for a model must be a run of its own; undefined if requests may share runs. A signature with `maxBatchSize`
 * is trusted. Otherwise two dissimilar rows are run together and one by one, and must give the same outputs.
 *
 * @param size A size of the open dimensions with which the model ran; undefined if there is none.
 */
export async function whyUnbatchable(
  model: Model,
  { operators }: Pick<GraphFacts, "operators">,
  size: number | undefined,
  memory: TensorMemory,
): Promise<string | undefined> {
  if (!model.batched || model.maxRows === 1 || model.metadata.signature.maxBatchSize !== undefined) {
    return undefined;
  }
  const quantizes = [...operators].find((operator) => QUANTIZES.test(operator));
  if (quantizes !== undefined) {
    return `its graph has ${quantizes}, which rounds each row depending on the other rows of a run`;
  }
  if (size === undefined) {
    return "it does not run with zeros, so whether the rows of a run influence each other could not be tested";
  }
  // Values near zero, and a thousand times as large; for integers, which may be indices of a table, the first two.
  const small = { fraction: (index: number) => ((index % 7) + 1) / 16, whole: 0, text: "a" };
  const large = { fraction: (index: number) => ((index % 5) + 1) * -64, whole: 1, text: "some more words" };
  const one = probe(model, size, small, memory);
  const other = probe(model, size, large, memory);
  const outputs = await outputsOf(model, one, other, memory);
  return outputs === undefined || areIndependent(...outputs)
    ? undefined
    : "a row gives other outputs together with another row than alone";
}

/** The outputs for one row, for another, and for both; undefined if the model rejects such rows. */
async function outputsOf(
  model: Model,
  one: Tensors,
  other: Tensors,
  memory: TensorMemory,
): Promise<[Tensors, Tensors, Tensors] | undefined> {
  try {
    return [
      await model.run(one),
      await model.run(other),
      await model.run(concatenate([{ inputs: one }, { inputs: other }], memory)),
    ];
  } catch {
    return undefined;
  }
}

function areIndependent(one: Tensors, other: Tensors, both: Tensors): boolean {
  return [...both].every(([name, tensor]) => {
    const [first, second] = [one.get(name), other.get(name)];
    return (
      first !== undefined &&
      second !== undefined &&
      tensor.shape[0] === 2 &&
      isSame(sliceRows(tensor, 0, 1), first) &&
      isSame(sliceRows(tensor, 1, 2), second)
    );
  });
}

function isSame(row: Tensor, alone: Tensor): boolean {
  if (String(row.shape) !== String(alone.shape)) {
    return false;
  }
  const elements = [...alone.data];
  const greatest = elements.reduce<number>((most, value) => {
    const size = Math.abs(Number(value));
    return size > most && size < Number.POSITIVE_INFINITY ? size : most;
  }, 0);
  return elements.every((value, index) => {
    const found = row.data[index];
    return (
      Object.is(found, value) || (typeof value === "number" && Math.abs(Number(found) - value) <= ROUNDING * greatest)
    );
  });
}
