import type { Context } from "koa";
import type { Tensors } from "../model/tensor.ts";
import type { TensorMemory } from "../model/tensor-memory.ts";
import type { ServedModel } from "../repository/served-model.ts";

/** A validated request for inference. */
export interface InferenceRequest {
  readonly inputs: Tensors;
  /** Rows in each input; 1 if the model has no batch dimension. */
  readonly rows: number;
  /** Names of the outputs that the response needs; the same list object in each call. @default all */
  readonly wanted?: readonly string[];
  /** Returns the response as a JSON value; undefined if it has put a response of another type into `ctx.body`. */
  readonly serialize: (ctx: Context, outputs: Tensors) => unknown;
}

/** Limits and memory for reading a request. */
export interface ReadOptions {
  /** Most rows of one request. */
  readonly maxRows: number;
  readonly memory: TensorMemory;
}

/** Reads requests of one format, and serializes the responses. */
export interface Protocol {
  /** Accepted content types besides JSON. @default none */
  readonly types?: readonly string[];
  /** @throws HttpError 400 or 422 with the mistake and its path. */
  readonly read: (ctx: Context, body: Buffer, served: ServedModel, options: ReadOptions) => InferenceRequest;
}
