import type { GraphFacts } from "../model/graph-facts.ts";
import type { Model } from "../model/model.ts";
import { probe } from "../model/probe.ts";
import { sliceRows, type Tensor, type Tensors } from "../model/tensor.ts";
import { concatenate } from "./batch-tensors.ts";

/** Operators that quantize by the range of all that is in a run, each row by the others'. */
const QUANTIZES = /^DynamicQuantize/;

/** How far a row's answer may be from the same row's in a run with another, as a share of the row's greatest number. */
const ROUNDING = 0.01;

/**
 * Why each request for a model must be run by itself; undefined where nothing speaks against common runs. A description with
 * a `maxBatchSize` vouches for them. Otherwise two rows that have little in common are run together and one by one: their
 * answers must be the same.
 *
 * @param size Of the dimensions that are open, a size with which the model has answered; undefined where it has not yet.
 */
export async function aloneBecause(
  model: Model,
  { operators }: Pick<GraphFacts, "operators">,
  size: number | undefined,
): Promise<string | undefined> {
  if (!model.batched || model.maxRows === 1 || model.metadata.signature.maxBatchSize !== undefined) {
    return undefined;
  }
  const quantizes = [...operators].find((operator) => QUANTIZES.test(operator));
  if (quantizes !== undefined) {
    return `its graph has ${quantizes}, which rounds each row by what else is in a run`;
  }
  if (size === undefined) {
    return "it does not answer zeros, so that nothing shows what two rows of one run have to do with each other";
  }
  // Near zero, and a thousand times as large; of whole numbers, which may be places in a table, the first two.
  const one = probe(model, size, { fraction: (index) => ((index % 7) + 1) / 16, whole: 0, text: "a" });
  const other = probe(model, size, { fraction: (index) => ((index % 5) + 1) * -64, whole: 1, text: "some more words" });
  const answers = await answersOf(model, one, other);
  return answers === undefined || areApart(...answers)
    ? undefined
    : "a row is answered otherwise together with another than by itself";
}

/** The answers to one row, to another, and to both; undefined where the model takes no such rows. */
async function answersOf(model: Model, one: Tensors, other: Tensors): Promise<[Tensors, Tensors, Tensors] | undefined> {
  try {
    return [
      await model.run(one),
      await model.run(other),
      await model.run(concatenate([{ inputs: one }, { inputs: other }])),
    ];
  } catch {
    return undefined;
  }
}

function areApart(one: Tensors, other: Tensors, both: Tensors): boolean {
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
