import { readFile } from "node:fs/promises";
import type * as ort from "onnxruntime-node";
import {
  artifactFile,
  type ModelMetadata,
  type Signature,
  type TensorSpec,
  UserError,
  verifyArtifact,
} from "../../registry/index.ts";
import { missingWords } from "../input/table/missing.ts";
import { findNotation, plainNumeral } from "../input/table/notation.ts";
import { onnxRuntime, openSession } from "../onnx/session.ts";
import type { ScoringRow } from "./rows.ts";

/** Prediction for a row: label or number, and for a classifier the probability of the label, 0–1. */
export interface Prediction {
  readonly prediction: string | number;
  readonly confidence?: number;
}

/** A published model, opened for scoring rows of named fields. */
export interface Scorer {
  /** The fields a row must have, in the order of the model's columns. */
  readonly fields: readonly string[];
  readonly signature: Signature;
  /**
   * Scores rows in one run of the graph.
   *
   * @throws UserError naming `file`, line and column of a field that is missing or invalid
   */
  score(rows: readonly ScoringRow[], file: string): Promise<Prediction[]>;
  close(): Promise<void>;
}

/** Opens a published version after verifying the SHA-256 of its graph. */
export async function openScorer(root: string, metadata: ModelMetadata): Promise<Scorer> {
  await verifyArtifact(root, metadata);
  const [input, ...others] = metadata.signature.inputs;
  if (input === undefined || others.length > 0)
    throw new UserError(
      `${metadata.name} version ${metadata.version} has more than one input, or none: batch-predict cannot score it`,
    );
  const fields = fieldsOf(metadata, input);
  const { Tensor } = await onnxRuntime();
  const session = await openSession(await readFile(artifactFile(root, metadata)));
  const readers = fields.map((field) => readerOf(metadata, input, field));
  return {
    fields,
    signature: metadata.signature,
    async score(rows, file) {
      const values = rows.flatMap((row) =>
        fields.map((field, column) => readers[column]?.(fieldValue(row, field, fields, file), row, field, file) ?? ""),
      );
      const shape = [rows.length, ...input.shape.slice(1)];
      const outputs = await session.run({ [input.name]: tensor(Tensor, input, values, shape) });
      return rows.map((_, row) => readPrediction(metadata, outputs, row));
    },
    close: () => session.release(),
  };
}

function fieldsOf({ name, version, signature }: ModelMetadata, input: TensorSpec): readonly string[] {
  const width = input.shape.slice(1).reduce((product, size) => product * size, 1);
  const fields = signature.features ?? (signature.kind === "text-classification" ? ["text"] : [input.name]);
  if (fields.length === width) return fields;
  throw new UserError(
    `${name} version ${version} names ${fields.length} fields for ${width} columns: batch-predict cannot score it`,
  );
}

/** The value of a field, which may also be in a list called `features`, as in requests to the server. */
function fieldValue(row: ScoringRow, field: string, fields: readonly string[], file: string): unknown {
  if (Object.hasOwn(row.fields, field)) return row.fields[field];
  const list = row.fields["features"];
  if (Array.isArray(list)) {
    if (list.length === fields.length) return list[fields.indexOf(field)];
    throw new UserError(
      `${file}, line ${row.line}, column features: has ${list.length} values; the model needs ${fields.length}`,
    );
  }
  throw new UserError(
    `${file}, line ${row.line}: column ${field} is missing; the file has ${Object.keys(row.fields).join(", ")}; required are ${fields.join(", ")}`,
  );
}

type Reader = (value: unknown, row: ScoringRow, field: string, file: string) => string | number;

function readerOf({ signature }: ModelMetadata, { datatype }: TensorSpec, field: string): Reader {
  const { kind, categories } = signature;
  if (kind === "text-classification") return asText;
  if (categories === undefined) return asNumber;
  const words = missingWords();
  const known = categories[field];
  if (known !== undefined)
    return (value) => {
      const text = String(value ?? "");
      const isMissing = words.isMissing(text) && !known.includes(text);
      return isMissing ? "" : text.toWellFormed().replaceAll("\0", " ");
    };
  // The graph replaces missing values.
  const missing = datatype === "BYTES" ? "" : Number.NaN;
  return (value, ...place) =>
    value === null || (typeof value === "string" && words.isMissingNumber(value)) ? missing : asNumber(value, ...place);
}

function asText(value: unknown, row: ScoringRow, field: string, file: string): string {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string" || text.trim() === "")
    throw new UserError(`${file}, line ${row.line}, column ${field}: is empty or not a text`);
  // A lone surrogate cannot be encoded as UTF-8, and ONNX Runtime's binding truncates text at NUL.
  return text.toWellFormed().replaceAll("\0", " ");
}

function asNumber(value: unknown, row: ScoringRow, field: string, file: string): number {
  const number = typeof value === "string" && value.trim() !== "" ? numberOf(value) : value;
  if (typeof number === "number" && Number.isFinite(Math.fround(number))) return number;
  const shown = value === "" || value === null ? "is empty" : `"${value}" is not a number`;
  throw new UserError(`${file}, line ${row.line}, column ${field}: ${shown}`);
}

/** A number by its own notation; "1,5" is clear, "1,234" is not. */
function numberOf(text: string): number {
  const notation = findNotation([text], undefined);
  if (notation === undefined || notation === "ambiguous") return Number(text);
  return Number(plainNumeral(text, notation));
}

function tensor(
  Tensor: typeof ort.Tensor,
  { name, datatype }: TensorSpec,
  values: readonly (string | number)[],
  shape: readonly number[],
): ort.Tensor {
  if (datatype === "BYTES") return new Tensor("string", values.map(String), shape);
  if (datatype === "FP32") return new Tensor("float32", Float32Array.from(values, Number), shape);
  throw new UserError(`input ${name} is of type ${datatype}: batch-predict supports FP32 and BYTES`);
}

function readPrediction(
  { signature }: ModelMetadata,
  outputs: ort.InferenceSession.OnnxValueMapType,
  row: number,
): Prediction {
  const { labels } = signature;
  const element = (name: string | undefined, at: number) => {
    const found = name === undefined ? undefined : outputs[name];
    return found && "data" in found ? Number(found.data[at]) : Number.NaN;
  };
  if (labels === undefined) return { prediction: element(signature.outputs[0]?.name, row) };
  const label = signature.outputs.find(({ datatype }) => datatype === "INT64")?.name;
  const scores = signature.outputs.find(({ datatype }) => datatype === "FP32")?.name;
  const index = element(label, row);
  return { prediction: labels[index] ?? String(index), confidence: element(scores, row * labels.length + index) };
}
