import type { ModelMetadata, Signature } from "../../registry/metadata.ts";
import type { Form, FormOf } from "./form.ts";
import { instances } from "./instances.ts";
import { regression } from "./regression.ts";
import { tabularClassification } from "./tabular-classification.ts";
import { textClassification } from "./text-classification.ts";

const FORMS: Readonly<Record<Signature["kind"], FormOf>> = {
  "text-classification": textClassification,
  "tabular-classification": tabularClassification,
  regression,
  instances,
};

/**
 * The form of `/predict` for a model.
 *
 * @throws Error where the signature does not suit its kind.
 */
export function formFor(metadata: ModelMetadata): Form {
  return FORMS[metadata.signature.kind](metadata);
}
