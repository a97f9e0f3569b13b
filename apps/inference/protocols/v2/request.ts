import type { IncomingMessage } from "node:http";
import type { ModelMetadata, TensorSpec } from "../../../registry/metadata.ts";
import { HttpError, invalidInput } from "../../http-error.ts";
import type { Model } from "../../model/model.ts";
import { elementCount, type Tensor, type Tensors } from "../../model/tensor.ts";
import type { TensorMemory } from "../../model/tensor-memory.ts";
import { readElements } from "../../payload/elements.ts";
import { asFlag, asObject, field, type JsonObject, nameOf, optional, parameterOf } from "../../payload/fields.ts";
import { parseJson } from "../../payload/json.ts";
import { parsingOf } from "../../payload/numbers.ts";
import { checkTexts } from "../../payload/text-limit.ts";
import type { ReadOptions } from "../protocol.ts";
import { decode } from "./binary.ts";
import { readRaw } from "./raw-request.ts";

/** Content type of a body with binary tensors after its JSON. */
export const RAW_TYPE = "application/octet-stream";

/** Most dimensions of a tensor, as in NumPy. */
const MAX_DIMENSIONS = 32;

/** An output that the response must have. */
export interface RequestedOutput {
  readonly name: string;
  readonly binary: boolean;
}

/** A validated inference request. */
export interface V2Request {
  readonly id: string | undefined;
  readonly inputs: Tensors;
  /** Rows in each input; 1 if the model has no batch dimension. */
  readonly rows: number;
  readonly outputs: readonly RequestedOutput[];
}

/**
 * Reads an inference request: JSON, followed by binary tensors if the binary tensor extension is used.
 *
 * @throws HttpError 400 or 422.
 */
export function readV2Request(req: IncomingMessage, bytes: Buffer, model: Model, options: ReadOptions): V2Request {
  const { maxRows, memory } = options;
  const { metadata } = model;
  const length = jsonLength(req, bytes);
  if (length === 0 && bytes.length > 0) {
    return { id: undefined, inputs: new Map([readRaw(bytes, model)]), rows: 1, outputs: allOutputs(metadata, true) };
  }
  const isDivided = length !== undefined && length < bytes.length;
  const json = isDivided ? bytes.subarray(0, length) : bytes;
  const parsing = parsingOf(metadata.signature.inputs);
  const isPlain = length === undefined && req.headers["content-type"] !== RAW_TYPE;
  const parsed = parseJson(json, isPlain ? parsing : { ...parsing, what: () => nameJson(length) });
  const body = asObject(parsed, "");
  const { inputs, rows } = readInputs(body, isDivided ? bytes.subarray(length) : NOTHING, model, memory);
  if (rows > maxRows) {
    throw invalidInput("inputs", `have ${rows} rows; one request may have at most ${maxRows}`);
  }
  const binaryByDefault = asFlag(parameterOf(body, "binary_data_output", ""), "parameters.binary_data_output") ?? false;
  return { id: readId(body), inputs, rows, outputs: readOutputs(body, metadata, binaryByDefault) };
}

const NOTHING = Buffer.alloc(0);

/** Length of the JSON at the start of the body, from the header; undefined without the header: the whole body is JSON. */
function jsonLength(req: IncomingMessage, bytes: Buffer): number | undefined {
  const header = req.headers["inference-header-content-length"];
  if (header === undefined) {
    return undefined;
  }
  const length = typeof header === "string" && /^\d{1,10}$/.test(header) ? Number(header) : Number.NaN;
  if (!(length <= bytes.length)) {
    const message = `Inference-Header-Content-Length must be at most the ${bytes.length} bytes of the body`;
    throw new HttpError(400, "invalid_header", message);
  }
  return length;
}

function nameJson(length: number | undefined): string {
  return length === undefined
    ? "the body, read as JSON for lack of Inference-Header-Content-Length,"
    : `the body up to byte ${length}, as Inference-Header-Content-Length says,`;
}

function readId(body: JsonObject): string | undefined {
  const id = optional(body, "id");
  if (id !== undefined && typeof id !== "string") {
    throw invalidInput("id", `must be a string, not ${nameOf(id)}`);
  }
  return id;
}

function readInputs(
  body: JsonObject,
  binary: Buffer,
  model: Model,
  memory: TensorMemory,
): { inputs: Tensors; rows: number } {
  const { inputs: specs } = model.metadata.signature;
  const list = field(body, "inputs", "");
  if (!Array.isArray(list)) {
    throw invalidInput("inputs", `must be a list, not ${nameOf(list)}`);
  }
  const inputs = new Map<string, Tensor>();
  let offset = 0;
  for (let index = 0; index < list.length; index++) {
    const path = `inputs[${index}]`;
    const given = asObject(list[index], path);
    const spec = specOf(specs, given, path, "input");
    if (inputs.has(spec.name)) {
      throw invalidInput(`${path}.name`, `"${spec.name}" is given twice`);
    }
    checkDatatype(given, spec, path);
    const shape = readShape(given, spec, model, path);
    const size = binarySize(given, path);
    let data: Tensor["data"];
    if (size === undefined) {
      data = readElements(spec.datatype, shape, field(given, "data", path), `${path}.data`, memory);
    } else {
      if (size > binary.length - offset) {
        throw invalidInput(path, `has ${size} bytes of binary data; ${binary.length - offset} are left of the body`);
      }
      const length = elementCount(shape);
      data = decode(spec.datatype, binary.subarray(offset, offset + size), length, path);
      offset += size;
    }
    if (Array.isArray(data)) {
      checkTexts(data, model.metadata.signature, (element) => `${path}.data[${element}]`);
    }
    inputs.set(spec.name, { datatype: spec.datatype, shape, data });
  }
  if (offset !== binary.length) {
    throw invalidInput("inputs", `take ${offset} bytes of binary data; the body has ${binary.length}`);
  }
  const missing = specs.find(({ name }) => !inputs.has(name));
  if (missing !== undefined) {
    throw invalidInput("inputs", `lack "${missing.name}"`);
  }
  return { inputs, rows: model.batched ? commonRows(inputs) : 1 };
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

function binarySize(given: JsonObject, path: string): number | undefined {
  rejectExtensions(given, ["shared_memory_region"], path);
  const size = parameterOf(given, "binary_data_size", path);
  if (size === undefined) {
    return undefined;
  }
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
    throw invalidInput(`${path}.parameters.binary_data_size`, "must be a whole number of bytes");
  }
  if (optional(given, "data") !== undefined) {
    throw invalidInput(`${path}.data`, "must not be given together with binary_data_size");
  }
  return size;
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

function allOutputs({ signature }: ModelMetadata, binary: boolean): RequestedOutput[] {
  return signature.outputs.map(({ name }) => ({ name, binary }));
}

function readOutputs(body: JsonObject, metadata: ModelMetadata, binaryByDefault: boolean): RequestedOutput[] {
  const { outputs: specs } = metadata.signature;
  const list = optional(body, "outputs") ?? [];
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
    const { name } = specOf(specs, given, path, "output");
    if (names.has(name)) {
      throw invalidInput(`${path}.name`, `"${name}" is given twice`);
    }
    names.add(name);
    rejectExtensions(given, ["classification", "shared_memory_region"], path);
    const binary = asFlag(parameterOf(given, "binary_data", path), `${path}.parameters.binary_data`);
    return { name, binary: binary ?? binaryByDefault };
  });
}

/** Rejects extensions that the server does not support, because ignoring them would give a different response. */
function rejectExtensions(given: JsonObject, names: readonly string[], path: string): void {
  for (const name of names) {
    if (parameterOf(given, name, path) !== undefined) {
      throw invalidInput(`${path}.parameters.${name}`, "is an extension that this server does not support");
    }
  }
}
