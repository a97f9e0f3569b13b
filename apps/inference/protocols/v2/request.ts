import type { IncomingMessage } from "node:http";
import { HttpError, invalidInput } from "../../http-error.ts";
import type { Model } from "../../model/model.ts";
import { elementCount } from "../../model/tensor.ts";
import { decode } from "../../payload/binary.ts";
import { readElements } from "../../payload/elements.ts";
import { asFlag, asObject, field, type JsonObject, nameOf, optional, parameterOf } from "../../payload/fields.ts";
import { parseJson } from "../../payload/json.ts";
import { parsingOf } from "../../payload/numbers.ts";
import type { ReadOptions } from "../protocol.ts";
import { readRaw } from "./raw-request.ts";
import {
  allOutputs,
  type InputTensors,
  type RequestedOutput,
  readInputs,
  readOutputs,
  rejectSharedMemory,
} from "./tensors.ts";

/** Content type of a body with binary tensors after its JSON. */
export const RAW_TYPE = "application/octet-stream";

/** A validated inference request. */
export interface V2Request extends InputTensors {
  readonly id: string | undefined;
  readonly outputs: readonly RequestedOutput[];
}

/**
 * Reads an inference request: JSON, followed by binary tensors if the binary tensor extension is used.
 *
 * @throws HttpError 400 or 422.
 */
export function readV2Request(req: IncomingMessage, bytes: Buffer, model: Model, options: ReadOptions): V2Request {
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
  const list = field(body, "inputs", "");
  const { inputs, rows } = readTensors(list, isDivided ? bytes.subarray(length) : NOTHING, model, options);
  const binaryByDefault = asFlag(parameterOf(body, "binary_data_output", ""), "parameters.binary_data_output") ?? false;
  const outputs = optional(body, "outputs") ?? [];
  return { id: readId(body), inputs, rows, outputs: readOutputs(outputs, metadata, binaryByDefault) };
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

/** Reads the inputs: as JSON, or from the bytes after the JSON, in the order of the inputs. */
function readTensors(list: unknown, binary: Buffer, model: Model, { maxRows, memory }: ReadOptions): InputTensors {
  let offset = 0;
  const tensors = readInputs(list, model, maxRows, ({ datatype }, shape, given, path) => {
    const size = binarySize(given, path);
    if (size === undefined) {
      return readElements(datatype, shape, field(given, "data", path), `${path}.data`, memory);
    }
    if (size > binary.length - offset) {
      throw invalidInput(path, `has ${size} bytes of binary data; ${binary.length - offset} are left of the body`);
    }
    const bytes = binary.subarray(offset, offset + size);
    offset += size;
    return decode(datatype, bytes, elementCount(shape), path);
  });
  if (offset !== binary.length) {
    throw invalidInput("inputs", `take ${offset} bytes of binary data; the body has ${binary.length}`);
  }
  return tensors;
}

function binarySize(given: JsonObject, path: string): number | undefined {
  rejectSharedMemory(given, path);
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
