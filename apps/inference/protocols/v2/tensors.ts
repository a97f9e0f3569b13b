import type { Datatype, ModelMetadata, TensorSpec } from "../../../registry/metadata.ts";
import { invalidInput } from "../../http-error.ts";
import type { Model } from "../../model/model.ts";
import type { Tensor, TensorData, Tensors } from "../../model/tensor.ts";
import { asFlag, asObject, field, type JsonObject, nameOf, parameterOf } from "../../payload/fields.ts";
import { checkTexts } from "../../payload/text-limit.ts";

/** Most dimensions of a tensor, as in NumPy. */
const MAX_DIMENSIONS = 32;

/** An output that the response must have. */
export interface RequestedOutput {
  readonly name: string;
  readonly binary: boolean;
  /** How many of the highest elements of each row to return as classes; 0 to return the elements themselves. */
  readonly classes: number;
}

/** The tensors of a request, and the rows in each; 1 if the model has no batch dimension. */
export interface InputTensors {
  readonly inputs: Tensors;
  readonly rows: number;
}

/**
 * Reads the elements of one input of a request.
 *
 * @param given The input as it was sent, without its elements in a binary format.
 * @param index Its place in the request.
 * @throws HttpError 422.
 */
export type ReadData = (
  spec: TensorSpec,
  shape: readonly number[],
  given: JsonObject,
  path: string,
  index: number,
) => TensorData;

/**
 * Reads the inputs of a request: checks names, types and shapes against the signature, and that none is missing.
 *
 * @param list The request's `inputs`.
 * @throws HttpError 422.
 */
export function readInputs(list: unknown, model: Model, maxRows: number, readData: ReadData): InputTensors {
  const { signature } = model.metadata;
  if (!Array.isArray(list)) {
    throw invalidInput("inputs", `must be a list, not ${nameOf(list)}`);
  }
  const inputs = new Map<string, Tensor>();
  for (let index = 0; index < list.length; index++) {
    const path = `inputs[${index}]`;
    const given = asObject(list[index], path);
    const spec = specOf(signature.inputs, given, path, "input");
    if (inputs.has(spec.name)) {
      throw invalidInput(`${path}.name`, `"${spec.name}" is given twice`);
    }
    checkDatatype(given, spec, path);
    const shape = readShape(given, spec, model, path);
    const data = readData(spec, shape, given, path, index);
    if (Array.isArray(data)) {
      checkTexts(data, signature, (element) => `${path}.data[${element}]`);
    }
    inputs.set(spec.name, { datatype: spec.datatype, shape, data });
  }
  const missing = signature.inputs.find(({ name }) => !inputs.has(name));
  if (missing !== undefined) {
    throw invalidInput("inputs", `lack "${missing.name}"`);
  }
  const rows = model.batched ? commonRows(inputs) : 1;
  if (rows > maxRows) {
    throw invalidInput("inputs", `have ${rows} rows; one request may have at most ${maxRows}`);
  }
  return { inputs, rows };
}

function specOf(specs: readonly TensorSpec[], given: JsonObject, path: string, what: "input" | "output"): TensorSpec {
  const name = field(given, "name", path);
  const spec = specs.find((one) => one.name === name);
  if (spec === undefined) {
    const names = specs.map((one) => one.name).join(", ");
    throw invalidInput(`${path}.name`, `must be an ${what} of the model: ${names}`);
  }
  return spec;
}

function checkDatatype(given: JsonObject, { datatype }: TensorSpec, path: string): void {
  if (field(given, "datatype", path) !== datatype) {
    throw invalidInput(`${path}.datatype`, `must be ${datatype}`);
  }
}

function readShape(given: JsonObject, spec: TensorSpec, model: Model, path: string): number[] {
  const shape = field(given, "shape", path);
  const where = `${path}.shape`;
  if (!Array.isArray(shape) || shape.length > MAX_DIMENSIONS) {
    throw invalidInput(where, `must be a list of at most ${MAX_DIMENSIONS} sizes`);
  }
  const anyRows = model.batched;
  const fits =
    shape.length === spec.shape.length &&
    spec.shape.every((size, index) => (index === 0 && anyRows) || size === -1 || size === shape[index]);
  if (!fits) {
    throw invalidInput(where, `must be [${anyRows ? [-1, ...spec.shape.slice(1)] : spec.shape}]`);
  }
  // A size may be 0, as of a cache without entries yet; a request must have at least one row.
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0) || (anyRows && shape[0] === 0)) {
    throw invalidInput(where, `must have whole numbers of at least 0${anyRows ? ", the first of at least 1" : ""}`);
  }
  if (!Number.isSafeInteger(shape.reduce((product, size) => product * Math.max(size, 1), 1))) {
    throw invalidInput(where, "has more elements than a tensor can have");
  }
  return shape;
}

function commonRows(inputs: Tensors): number {
  let rows: number | undefined;
  for (const [name, { shape }] of inputs) {
    rows ??= shape[0];
    if (shape[0] !== rows) {
      throw invalidInput("inputs", `must all have the same number of rows; "${name}" has ${shape[0]}, not ${rows}`);
    }
  }
  return rows ?? 1;
}

/** All outputs of the signature, for a request that lists none. */
export function allOutputs({ signature }: ModelMetadata, binary: boolean): RequestedOutput[] {
  return signature.outputs.map(({ name }) => ({ name, binary, classes: 0 }));
}

/**
 * Reads the outputs that a request asks for.
 *
 * @param list The request's `outputs`.
 * @throws HttpError 422.
 */
export function readOutputs(list: unknown, metadata: ModelMetadata, binaryByDefault: boolean): RequestedOutput[] {
  const { outputs: specs } = metadata.signature;
  if (!Array.isArray(list)) {
    throw invalidInput("outputs", `must be a list, not ${nameOf(list)}`);
  }
  if (list.length === 0) {
    return allOutputs(metadata, binaryByDefault);
  }
  if (list.length > specs.length) {
    throw invalidInput("outputs", `must not be more than the model's ${specs.length}`);
  }
  const names = new Set<string>();
  return list.map((item, index) => {
    const path = `outputs[${index}]`;
    const given = asObject(item, path);
    const { name, datatype } = specOf(specs, given, path, "output");
    if (names.has(name)) {
      throw invalidInput(`${path}.name`, `"${name}" is given twice`);
    }
    names.add(name);
    rejectSharedMemory(given, path);
    const binary = asFlag(parameterOf(given, "binary_data", path), `${path}.parameters.binary_data`);
    return { name, binary: binary ?? binaryByDefault, classes: classesOf(given, datatype, path) };
  });
}

/**
 * The classification extension: how many classes of each row are wanted; 0 if the output itself is.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_classification.md
 */
function classesOf(given: JsonObject, datatype: Datatype, path: string): number {
  const classes = parameterOf(given, "classification", path);
  const where = `${path}.parameters.classification`;
  if (classes === undefined) {
    return 0;
  }
  if (typeof classes !== "number" || !Number.isSafeInteger(classes) || classes < 1) {
    throw invalidInput(where, "must be a number of classes, at least 1");
  }
  if (datatype === "BYTES" || datatype === "BOOL") {
    throw invalidInput(where, `needs an output of numbers; this one is ${datatype}`);
  }
  return classes;
}

/** Rejects the shared-memory extension, because ignoring it would give a different response. */
export function rejectSharedMemory(given: JsonObject, path: string): void {
  if (parameterOf(given, "shared_memory_region", path) !== undefined) {
    const message = "is an extension that this server does not support";
    throw invalidInput(`${path}.parameters.shared_memory_region`, message);
  }
}
