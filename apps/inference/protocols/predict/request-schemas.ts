import type { ModelMetadata, Signature } from "../../../registry/metadata.ts";
import type { GraphFacts } from "../../model/graph-facts.ts";
import type { Form, FormOf } from "../../payload/request-schema.ts";
import { instances } from "./instances.ts";
import { regression } from "./regression.ts";
import { tabularClassification } from "./tabular-classification.ts";
import { textClassification } from "./text-classification.ts";

const FORMS: Readonly<Record<Exclude<Signature["kind"], "tensors">, FormOf>> = {
  "text-classification": textClassification,
  "tabular-classification": tabularClassification,
  regression,
  instances,
};

/**
 * The form of `/predict` for a model; undefined for one that takes tensors only.
 *
 * @throws Error where the signature does not suit its kind.
 */
export function formFor(metadata: ModelMetadata, facts: Pick<GraphFacts, "classes">): Form | undefined {
  const { kind } = metadata.signature;
  return kind === "tensors" ? undefined : FORMS[kind](metadata, facts);
}
