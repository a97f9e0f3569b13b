import type { ModelMetadata, TensorSpec } from "../../../registry/metadata.ts";
import { invalidInput } from "../../http-error.ts";
import { asNumber } from "../../payload/numbers.ts";
import { join, nameOf, type Values } from "../../payload/request-schema.ts";

/** Reads the features of a row by column, each by its own kind. */
export interface FeatureReader {
  /**
   * The value as the input takes it.
   *
   * @param path Where the object or the list of the row stands.
   * @param step The column's name or index in it.
   * @throws Problem 422 where the column is a number and the value is none, or the other way round.
   */
  read(value: unknown, column: number, path: string, step: string | number): number | string;
  /** A row to warm the model up with. */
  readonly sample: Values;
}

/**
 * Features of a tabular model. Where the signature has `categories`, null is a missing value, which the graph itself
 * fills in; a word the model does not know is no mistake.
 */
export function featureReader({ signature }: ModelMetadata, input: TensorSpec, width: number): FeatureReader {
  const { features = [], categories } = signature;
  if (input.datatype !== "BYTES") {
    return {
      read: (value, _column, path, step) =>
        value === null && categories !== undefined ? Number.NaN : asNumber(value, input.datatype, path, step),
      sample: new Array<number>(width).fill(0),
    };
  }
  const words = Array.from({ length: width }, (_, column) => categories?.[features[column] ?? ""]);
  return {
    read(value, column, path, step) {
      if (value === null) {
        return "";
      }
      if (words[column] === undefined) {
        return String(asNumber(value, "FP32", path, step));
      }
      if (typeof value !== "string") {
        throw invalidInput(join(path, step), `must be a string or null, not ${nameOf(value)}`);
      }
      // A lone surrogate has no UTF-8 form; at NUL the binding would cut the text off.
      return value.toWellFormed().replaceAll("\0", " ");
    },
    sample: words.map((known) => known?.[0] ?? "0"),
  };
}
