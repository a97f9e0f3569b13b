import { rowWidth } from "../model/tensor.ts";
import { invalidInput } from "../problem.ts";
import { type FormOf, field, join, nameOf, onlyInput } from "./form.ts";
import { asNumber, wordElement } from "./numbers.ts";

/** `{features: […]}`, in column order → `{prediction}`. */
export const regression: FormOf = (metadata) => {
  const input = onlyInput(metadata);
  const width = rowWidth(input.shape);
  const names = metadata.signature.features ?? [];
  const [output] = metadata.signature.outputs;
  if (output === undefined || rowWidth(output.shape) !== 1) {
    throw new Error("the first output of a regression model must be one number a row");
  }
  return {
    input,
    sample: new Array<number>(width).fill(0),
    read(request, path, values) {
      const features = field(request, "features", path);
      const where = join(path, "features");
      if (!Array.isArray(features)) {
        throw invalidInput(where, `must be a list of ${width} numbers, not ${nameOf(features)}`);
      }
      if (features.length !== width) {
        const order = names.length > 0 ? ` (${names.join(", ")})` : "";
        throw invalidInput(where, `must have ${width} numbers${order}; it has ${features.length}`);
      }
      for (let column = 0; column < width; column++) {
        values.push(asNumber(features[column], input.datatype, `${where}[${column}]`));
      }
      return 1;
    },
    word(_request, outputs) {
      const tensor = outputs.get(output.name);
      if (tensor === undefined) {
        throw new Error(`the model's answer lacks "${output.name}"`);
      }
      return { prediction: wordElement(tensor, 0) };
    },
  };
};
