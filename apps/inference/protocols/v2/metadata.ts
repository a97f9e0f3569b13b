import type { Signature, TensorSpec } from "../../../registry/metadata.ts";

/** The outputs of a model for its metadata: scores of the classes have the names of their columns as `labels`. */
export function describedOutputs({ outputs, labels }: Signature): TensorSpec[] {
  return outputs.map((output) =>
    labels === undefined || output.labels !== undefined || !isScores(output, labels.length)
      ? output
      : { ...output, labels: [...labels] },
  );
}

function isScores({ datatype, shape }: TensorSpec, classes: number): boolean {
  return datatype.startsWith("FP") && shape.length === 2 && shape[1] === classes;
}
