import { Problem } from "../http-error.ts";
import type { Model } from "../model/model.ts";
import { probe, ZEROS } from "../model/probe.ts";
import { refusalOf } from "../model/rejection.ts";
import { rowWidth, type Tensors } from "../model/tensor.ts";
import type { Form } from "../payload/request-schema.ts";
import { tensorOf } from "../payload/tensor-of.ts";

/**
 * Has a model answer once, so that a signature that does not fit its graph is never ready.
 *
 * @returns With which size of its open inner dimensions it has answered; undefined where it takes no zeros, which says
 *   nothing of other values: names, types and shapes have been checked against the graph.
 * @throws Error where what it answers is not what its signature says.
 */
export function warmUp(model: Model, form: Form | undefined): Promise<number | undefined> {
  return form === undefined ? warmUpTensors(model) : warmUpForm(model, form);
}

/** Whether a word comes out at all is checked as well. */
async function warmUpForm(model: Model, form: Form): Promise<number> {
  let outputs: Tensors;
  try {
    outputs = await model.run(tensorOf(form.input, form.sample, 1));
  } catch (error) {
    if (refusalOf(error) === undefined) {
      throw error;
    }
    // What the sample is refused for, another row may not be.
    outputs = await model.run(probe(model, 1, ONES));
  }
  checkBatch(model, outputs);
  try {
    form.word({}, outputs, 0, 1);
  } catch (error) {
    // That there is no number for this row says nothing of others.
    if (!(error instanceof Problem)) {
      throw error;
    }
  }
  return 1;
}

const ONES = { fraction: () => 1, whole: 1, text: "1" };

/** What the dimensions may be that a signature leaves open: a picture of a single pixel is none to many graphs. */
const SIZES = [1, 16, 224];

/** A picture of 224 by 224 in colour has 150,528. */
const MAX_ELEMENTS = 1 << 20;

async function warmUpTensors(model: Model): Promise<number | undefined> {
  const { inputs } = model.metadata.signature;
  const isSmall = (size: number) =>
    inputs.every(({ shape }) => rowWidth(shape.map((one) => (one === -1 ? size : one))) <= MAX_ELEMENTS);
  for (const size of model.ragged ? SIZES.filter((size) => size === 1 || isSmall(size)) : [1]) {
    let outputs: Tensors;
    try {
      outputs = await model.run(probe(model, size, ZEROS));
    } catch {
      continue;
    }
    checkBatch(model, outputs);
    return size;
  }
  return undefined;
}

/** Where the first dimensions are no batch, requests that run together would get each other's answers. */
function checkBatch({ batched }: Model, outputs: Tensors): void {
  for (const [name, { shape }] of batched ? outputs : []) {
    if (shape[0] !== 1) {
      throw new Error(
        `output "${name}" has the shape [${shape}] for one row: its first dimension is not the batch; where that is right, ` +
          "set maxBatchSize to 0 in the signature",
      );
    }
  }
}
