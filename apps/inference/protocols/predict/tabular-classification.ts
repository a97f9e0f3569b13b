import { rowWidth } from "../../model/tensor.ts";
import { field } from "../../payload/fields.ts";
import { classReader } from "./classes.ts";
import { featureReader } from "./feature.ts";
import { type CreateRequestSchema, onlyInput } from "./only-input.ts";

/** One field per feature, such as `{sepal_length, …}` → `{species_index, species_name}`. */
export const tabularClassification: CreateRequestSchema = (metadata, facts) => {
  const input = onlyInput(metadata);
  const features = metadata.signature.features ?? [];
  if (features.length === 0 || features.length !== rowWidth(input.shape)) {
    throw new Error(
      `the signature names ${features.length} features; input "${input.name}" takes ${rowWidth(input.shape)}`,
    );
  }
  const { read: readFeature, sample } = featureReader(metadata, input, features.length);
  const isFloat = input.datatype === "FP32";
  const { read: readClass, classOutputs } = classReader(metadata, facts);
  return {
    input,
    outputs: classOutputs,
    sample,
    read(request, path, values) {
      for (let column = 0; column < features.length; column++) {
        const name = features[column] ?? "";
        const value = request[name];
        // No inherited property is a number, so a number is the request's own.
        if (isFloat && typeof value === "number" && Number.isFinite(Math.fround(value))) {
          values.push(value);
        } else {
          values.push(readFeature(field(request, name, path), column, path, name));
        }
      }
      return 1;
    },
    serialize(_request, outputs, from) {
      const { index, label } = readClass(outputs, from);
      return { species_index: index, species_name: label };
    },
  };
};
