import { rowWidth } from "../../model/tensor.ts";
import { type FormOf, field, onlyInput } from "../../payload/request-schema.ts";
import { choiceReader } from "./classes.ts";
import { featureReader } from "./feature.ts";

/** One field per feature, such as `{sepal_length, …}` → `{species_index, species_name}`. */
export const tabularClassification: FormOf = (metadata, facts) => {
  const input = onlyInput(metadata);
  const features = metadata.signature.features ?? [];
  if (features.length === 0 || features.length !== rowWidth(input.shape)) {
    throw new Error(
      `the signature names ${features.length} features; input "${input.name}" takes ${rowWidth(input.shape)}`,
    );
  }
  const { read: readFeature, sample } = featureReader(metadata, input, features.length);
  const { read: choose, choosing } = choiceReader(metadata, facts);
  return {
    input,
    outputs: choosing,
    sample,
    read(request, path, values) {
      for (let column = 0; column < features.length; column++) {
        const name = features[column] ?? "";
        values.push(readFeature(field(request, name, path), column, path, name));
      }
      return 1;
    },
    word(_request, outputs, from) {
      const { index, label } = choose(outputs, from);
      return { species_index: index, species_name: label };
    },
  };
};
