import type { ModelMetadata, TensorSpec } from "../../../registry/metadata.ts";
import { invalidInput } from "../../http-error.ts";
import { join, nameOf } from "../../payload/fields.ts";
import { asNumber } from "../../payload/numbers.ts";
import type { Values } from "../../payload/request-schema.ts";

/** Reads the features of a row by column, each by its own type. */
export interface FeatureReader {
  /**
   * Returns the value in the type of the input.
   *
   * @param path Path of the object or list that is the row.
   * @param step The column's name or index in it.
   * @throws HttpError 422 if the value is of another type than the column.
   */
  read(value: unknown, column: number, path: string, step: string | number): number | string;
  /** A row to warm up the model. */
  readonly sample: Values;
}

/**
 * Features of a tabular model. If the signature has `categories`, null is a missing value, which the graph imputes; unknown
 * categories are accepted.
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
  const categoriesByColumn = Array.from({ length: width }, (_, column) => categories?.[features[column] ?? ""]);
  return {
    read(value, column, path, step) {
      if (value === null) {
        return "";
      }
      if (categoriesByColumn[column] === undefined) {
        return String(asNumber(value, "FP32", path, step));
      }
      const text = typeof value === "string" ? value : spellingOf(value, categoriesByColumn[column]);
      if (text === undefined) {
        throw invalidInput(join(path, step), `must be a string or null, not ${nameOf(value)}`);
      }
      // A lone surrogate cannot be encoded in UTF-8; at NUL the binding would truncate the text.
      return text.toWellFormed().replaceAll("\0", " ");
    },
    sample: categoriesByColumn.map((known) => known?.[0] ?? "0"),
  };
}

/** A boolean or a number as the training data spelled it (`True`, `1`); undefined if it is none of the known categories. */
function spellingOf(value: unknown, categories: readonly string[] = []): string | undefined {
  if (typeof value === "boolean") {
    return categories.find((known) => known.toLowerCase() === String(value));
  }
  return typeof value === "number" ? categories.find((known) => known === String(value)) : undefined;
}
