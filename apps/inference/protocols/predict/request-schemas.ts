import type { ModelMetadata, Signature } from "../../../registry/metadata.ts";
import type { RequestSchema, SchemaFacts } from "../../payload/request-schema.ts";
import { instances } from "./instances.ts";
import type { CreateRequestSchema } from "./only-input.ts";
import { regression } from "./regression.ts";
import { tabularClassification } from "./tabular-classification.ts";
import { textClassification } from "./text-classification.ts";

const SCHEMAS: Readonly<Record<Exclude<Signature["kind"], "tensors">, CreateRequestSchema>> = {
  "text-classification": textClassification,
  "tabular-classification": tabularClassification,
  regression,
  instances,
};

/**
 * The request schema of `/predict` for a model; undefined for one that takes tensors only.
 *
 * @throws Error if the signature does not suit its kind.
 */
export function requestSchemaFor(metadata: ModelMetadata, facts: SchemaFacts): RequestSchema | undefined {
  const { kind } = metadata.signature;
  return kind === "tensors" ? undefined : SCHEMAS[kind](metadata, facts);
}
