import { readFile } from "node:fs/promises";
import path from "node:path";
import type * as ort from "onnxruntime-node";
import {
  artifactFile,
  type Datatype,
  METADATA_FILE,
  type ModelMetadata,
  type Signature,
  type TensorSpec,
  UserError,
  verifyArtifact,
  versionDirectory,
} from "../../registry/index.ts";
import { missingWords } from "../input/table/missing.ts";
import { findNotation, plainNumeral } from "../input/table/notation.ts";
import { onnxRuntime, openSession, type Weights } from "../onnx/session.ts";
import { type Prediction, type PredictionReader, predictionReader } from "./prediction.ts";
import type { ScoringRow } from "./rows.ts";

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

/**
 * Opens a published version after verifying the SHA-256 of its graph, and of the files with its weights.
 *
 * @throws UserError with the remedy if its rows cannot be made from named fields
 */
export async function openScorer(root: string, metadata: ModelMetadata): Promise<Scorer> {
  const columns = columnsOf(root, metadata);
  await verifyArtifact(root, metadata);
  const { Tensor } = await onnxRuntime();
  const session = await openSession(await readFile(artifactFile(root, metadata)), await readWeights(root, metadata));
  const tensors = new Set(session.outputMetadata.filter(({ isTensor }) => isTensor).map(({ name }) => name));
  const isTensor = (output: string) => tensors.has(output);
  let reader: PredictionReader;
  try {
    reader = predictionReader(metadata, isTensor);
  } catch (error) {
    await session.release();
    throw error;
  }
  const fields = columns.flatMap((column) => column.fields);
  return {
    fields,
    signature: metadata.signature,
    async score(rows, file) {
      const feeds = columns.map(({ input, fields: own, readers }) => {
        const values = rows.flatMap((row) =>
          own.map((field, at) => readers[at]?.(fieldValue(row, field, fields, file), row, field, file) ?? ""),
        );
        return [input.name, tensor(Tensor, input, values, [rows.length, ...input.shape.slice(1)])] as const;
      });
      const outputs = await session.run(Object.fromEntries(feeds), [...reader.outputs]);
      return rows.map((_, row) => reader.read(outputs, row));
    },
    close: () => session.release(),
  };
}

async function readWeights(root: string, metadata: ModelMetadata): Promise<Weights[]> {
  const directory = versionDirectory(root, metadata.name, metadata.version);
  const files = metadata.artifact.externalData ?? [];
  return Promise.all(files.map(async ({ file }) => ({ path: file, data: await readFile(path.join(directory, file)) })));
}

/** An input of the graph, and the fields of a row that it is made from. */
interface Columns {
  readonly input: TensorSpec;
  readonly fields: readonly string[];
  readonly readers: readonly Reader[];
}

/** A single input takes all fields; of several inputs, as scikit-learn's pipelines have, each is a field. */
function columnsOf(root: string, metadata: ModelMetadata): Columns[] {
  const { name, version, signature } = metadata;
  const { inputs, features, kind } = signature;
  const what = `${name} version ${version}`;
  const [first] = inputs;
  if (first === undefined)
    throw new UserError(
      kind === "text-classification"
        ? `${what} is a transformer, which reads texts by its tokenizer: batch-predict cannot score it; send the texts to the server (npm run serve), as a list of {text} to /predict`
        : `${what} lists no inputs in ${METADATA_FILE}, so its columns are not known: publish it by npm run import`,
    );
  const file = path.join(versionDirectory(root, name, version), METADATA_FILE);
  const columns = (input: TensorSpec, fields: readonly string[]): Columns => {
    if (!TYPES.includes(input.datatype))
      throw new UserError(
        `${what}: input ${input.name} is of type ${input.datatype}: batch-predict supports ${TYPES.join(", ")}; request it from the server (npm run serve)`,
      );
    const width = input.shape.slice(1).reduce((product, size) => product * size, 1);
    if (fields.length === width)
      return { input, fields, readers: fields.map((field) => readerOf(metadata, input, field)) };
    const shown = width < 0 ? "any number of" : width;
    throw new UserError(
      `${what} names ${fields.length} ${fields.length === 1 ? "field" : "fields"} for ${shown} columns: batch-predict cannot score it; list the columns as signature.features in ${file}, in the order of the model's columns`,
    );
  };
  if (inputs.length > 1) return inputs.map((input) => columns(input, [input.name]));
  return [columns(first, features ?? (kind === "text-classification" ? ["text"] : [first.name]))];
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
  if (categories === undefined)
    return datatype === "BYTES" ? asCategory : datatype.startsWith("INT") ? asInteger : asNumber;
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

/** A text that may be empty. */
function asCategory(value: unknown): string {
  return String(value ?? "")
    .toWellFormed()
    .replaceAll("\0", " ");
}

function asInteger(value: unknown, row: ScoringRow, field: string, file: string): number {
  const number = asNumber(value, row, field, file);
  if (Number.isSafeInteger(number)) return number;
  throw new UserError(`${file}, line ${row.line}, column ${field}: "${value}" is not a whole number`);
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

/** The types of inputs that are made from fields. */
const TYPES: readonly string[] = ["FP32", "FP64", "INT32", "INT64", "BYTES"] satisfies Datatype[];

function tensor(
  Tensor: typeof ort.Tensor,
  { datatype }: TensorSpec,
  values: readonly (string | number)[],
  shape: readonly number[],
): ort.Tensor {
  switch (datatype) {
    case "BYTES":
      return new Tensor("string", values.map(String), shape);
    case "FP64":
      return new Tensor("float64", Float64Array.from(values, Number), shape);
    case "INT32":
      return new Tensor("int32", Int32Array.from(values, Number), shape);
    case "INT64":
      return new Tensor(
        "int64",
        BigInt64Array.from(values, (value) => BigInt(value)),
        shape,
      );
    default:
      return new Tensor("float32", Float32Array.from(values, Number), shape);
  }
}
