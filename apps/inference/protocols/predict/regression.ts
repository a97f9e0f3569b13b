import { invalidInput } from "../../http-error.ts";
import { rowWidth } from "../../model/tensor.ts";
import { field, join, nameOf } from "../../payload/fields.ts";
import { serializeValue } from "../../payload/serialize.ts";
import { featureReader } from "./feature.ts";
import { type CreateRequestSchema, onlyInput } from "./only-input.ts";

/** `{features: […]}`, in column order → `{prediction}`. A model with categories also takes one field per feature. */
export const regression: CreateRequestSchema = (metadata) => {
  const input = onlyInput(metadata);
  const width = rowWidth(input.shape);
  const names = metadata.signature.features ?? [];
  const { read: readFeature, sample } = featureReader(metadata, input, width);
  const [output] = metadata.signature.outputs;
  if (output === undefined || rowWidth(output.shape) !== 1) {
    throw new Error("the first output of a regression model must have one number per row");
  }
  const named = metadata.signature.categories !== undefined && names.length === width;
  const what = input.datatype === "BYTES" ? "values" : "numbers";
  return {
    input,
    sample,
    read(request, path, values) {
      if (named && !Object.hasOwn(request, "features")) {
        for (let column = 0; column < width; column++) {
          const name = names[column] ?? "";
          values.push(readFeature(field(request, name, path), column, path, name));
        }
        return 1;
      }
      const features = field(request, "features", path);
      const where = join(path, "features");
      if (!Array.isArray(features)) {
        throw invalidInput(where, `must be a list of ${width} ${what}, not ${nameOf(features)}`);
      }
      if (features.length !== width) {
        const order = names.length > 0 ? ` (${names.join(", ")})` : "";
        throw invalidInput(where, `must have ${width} ${what}${order}; it has ${features.length}`);
      }
      for (let column = 0; column < width; column++) {
        values.push(readFeature(features[column], column, where, column));
      }
      return 1;
    },
    serialize(_request, outputs, from) {
      const tensor = outputs.get(output.name);
      if (tensor === undefined) {
        throw new Error(`the model's output lacks "${output.name}"`);
      }
      return { prediction: serializeValue(tensor, from) };
    },
  };
};
