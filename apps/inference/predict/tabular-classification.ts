import { rowWidth } from "../model/tensor.ts";
import { choiceReader } from "./classes.ts";
import { type FormOf, field, join, onlyInput } from "./form.ts";
import { asNumber } from "./numbers.ts";

/** One field per feature, such as `{sepal_length, …}` → `{species_index, species_name}`. */
export const tabularClassification: FormOf = (metadata) => {
  const input = onlyInput(metadata);
  const features = metadata.signature.features ?? [];
  if (features.length === 0 || features.length !== rowWidth(input.shape)) {
    throw new Error(
      `the signature names ${features.length} features; input "${input.name}" takes ${rowWidth(input.shape)}`,
    );
  }
  const choose = choiceReader(metadata);
  return {
    input,
    sample: features.map(() => 0),
    read(request, path, values) {
      for (const name of features) {
        values.push(asNumber(field(request, name, path), input.datatype, join(path, name)));
      }
      return 1;
    },
    word(_request, outputs) {
      const { index, label } = choose(outputs);
      return { species_index: index, species_name: label };
    },
  };
};
