import type { ModelMetadata, TensorSpec } from "../../../registry/metadata.ts";
import { batchingOf } from "../../model/batch-dimension.ts";
import type { RequestSchema, SchemaFacts } from "../../payload/request-schema.ts";

/** Creates the request schema for a signature of one kind; throws an Error if the signature does not suit the kind. */
export type CreateRequestSchema = (metadata: ModelMetadata, facts: SchemaFacts) => RequestSchema;

/** The only input of a signature. Throws an Error if it is not the only one, is not batched, or its rows vary in size. */
export function onlyInput(metadata: ModelMetadata): TensorSpec {
  const { inputs, kind } = metadata.signature;
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) {
    throw new Error(`a ${kind} model must have one input; this one has ${inputs.length}`);
  }
  if (input.shape.slice(1).some((size) => size < 0)) {
    throw new Error(`input "${input.name}" must fix all dimensions but the first; its shape is [${input.shape}]`);
  }
  if (!batchingOf(metadata.signature).batched) {
    throw new Error(`a ${kind} model must have a batch dimension: make the first one 1 or of any size (-1)`);
  }
  return input;
}
