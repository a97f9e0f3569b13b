import { HttpError } from "../http-error.ts";
import type { Model } from "../model/model.ts";
import { probe, ZEROS } from "../model/probe.ts";
import { rejectionOf } from "../model/rejection.ts";
import { rowWidth, type Tensors } from "../model/tensor.ts";
import type { TensorMemory } from "../model/tensor-memory.ts";
import type { RequestSchema } from "../payload/request-schema.ts";
import { tensorOf } from "../payload/tensor-of.ts";

/** The outcome of a first run. */
export interface WarmUp {
  /**
   * The size of the open inner dimensions with which the model ran; undefined if it rejects zeros, which says nothing about
   * other values: names, types and shapes have already been checked against the graph.
   */
  readonly size: number | undefined;
  /** Why an output's rows are not those of the request, as of detected boxes; undefined if they may be. */
  readonly wrongRows?: string;
}

/**
 * Runs a model once, so that a model whose signature does not match its graph never becomes ready.
 *
 * @throws Error if its outputs do not match its signature.
 */
export function warmUp(model: Model, schema: RequestSchema | undefined, memory: TensorMemory): Promise<WarmUp> {
  return schema === undefined ? warmUpTensors(model, memory) : warmUpSchema(model, schema, memory);
}

/** Also checks that the outputs can be serialized. */
async function warmUpSchema(model: Model, schema: RequestSchema, memory: TensorMemory): Promise<WarmUp> {
  let outputs: Tensors;
  try {
    outputs = await model.run(tensorOf(schema.input, schema.sample, 1, memory));
  } catch (error) {
    if (rejectionOf(error) === undefined) {
      throw error;
    }
    // The model rejects the sample, but may accept other values.
    outputs = await model.run(probe(model, 1, ONES, memory));
  }
  const wrong = wrongRowsOf(model, outputs);
  if (wrong !== undefined) {
    throw new Error(wrong);
  }
  try {
    schema.serialize({}, outputs, 0, 1);
  } catch (error) {
    // The output for this row is not finite, which says nothing about other rows.
    if (!(error instanceof HttpError)) {
      throw error;
    }
  }
  return { size: 1 };
}

const ONES = { fraction: () => 1, whole: 1, text: "1" };

/** Sizes to try for the dimensions that a signature leaves open: many graphs reject an image of one pixel. */
const SIZES = [1, 16, 224];

/** A color image of 224 by 224 has 150,528 elements. */
const MAX_ELEMENTS = 1 << 20;

async function warmUpTensors(model: Model, memory: TensorMemory): Promise<WarmUp> {
  const { inputs, maxBatchSize } = model.metadata.signature;
  const isSmall = (size: number) =>
    inputs.every(({ shape }) => rowWidth(shape.map((one) => (one === -1 ? size : one))) <= MAX_ELEMENTS);
  for (const size of model.ragged ? SIZES.filter((size) => size === 1 || isSmall(size)) : [1]) {
    let outputs: Tensors;
    try {
      outputs = await model.run(probe(model, size, ZEROS, memory));
    } catch {
      continue;
    }
    const wrongRows = wrongRowsOf(model, outputs);
    if (wrongRows !== undefined && maxBatchSize !== undefined) {
      throw new Error(`${wrongRows}; if that is right, set maxBatchSize to 0 in the signature`);
    }
    return wrongRows === undefined ? { size } : { size, wrongRows };
  }
  return { size: undefined };
}

/** If the first dimensions are not the batch, requests in one run would get each other's outputs. */
function wrongRowsOf({ batched }: Model, outputs: Tensors): string | undefined {
  for (const [name, { shape }] of batched ? outputs : []) {
    if (shape[0] !== 1) {
      return `output "${name}" has the shape [${shape}] for one row: its first dimension is not the batch`;
    }
  }
  return undefined;
}
