import { type BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import type { Datatype } from "../../registry/metadata.ts";
import { HttpError, invalidInput } from "../http-error.ts";
import type { Model } from "../model/model.ts";
import { elementCount, type TensorData } from "../model/tensor.ts";
import { decode } from "../payload/binary.ts";
import { readElements } from "../payload/elements.ts";
import type { JsonObject } from "../payload/fields.ts";
import { decodeText } from "../payload/text.ts";
import type { ReadOptions } from "../protocols/protocol.ts";
import { type InputTensors, type RequestedOutput, readInputs, readOutputs } from "../protocols/v2/tensors.ts";
import { contentsReader, readerOf, readParameters, textOf } from "./message.ts";

/** The list of `InferTensorContents` for each data type; FP16 has none. */
const CONTENTS: Readonly<Partial<Record<Datatype, number>>> = {
  BOOL: 1,
  INT8: 2,
  INT16: 2,
  INT32: 2,
  INT64: 3,
  UINT8: 4,
  UINT16: 4,
  UINT32: 4,
  UINT64: 5,
  FP32: 6,
  FP64: 7,
  BYTES: 8,
};

/** One input of a message, with the fields that requests in JSON have as well. */
interface MessageInput extends JsonObject {
  readonly name: string;
  readonly datatype: string;
  readonly shape: number[];
  readonly parameters: JsonObject;
  /** The serialized `InferTensorContents`; undefined if there are none. */
  readonly contents: Uint8Array | undefined;
}

/** A `ModelInferRequest`, not yet compared with a signature. */
export interface InferMessage {
  readonly modelName: string;
  readonly modelVersion: string;
  readonly id: string;
  readonly inputs: readonly MessageInput[];
  readonly outputs: readonly JsonObject[];
  readonly raw: readonly Buffer[];
}

/** A validated request. */
export interface GrpcRequest extends InputTensors {
  readonly outputs: readonly RequestedOutput[];
}

/**
 * Parses a `ModelInferRequest`.
 *
 * @throws HttpError 400 if the bytes are not such a message.
 */
export function parseInferRequest(bytes: Buffer): InferMessage {
  try {
    return parse(bytes);
  } catch (cause) {
    throw new HttpError(400, "invalid_message", "the message is not a ModelInferRequest", { cause });
  }
}

function parse(bytes: Buffer): InferMessage {
  let modelName = "";
  let modelVersion = "";
  let id = "";
  const inputs: MessageInput[] = [];
  const outputs: JsonObject[] = [];
  const raw: Buffer[] = [];
  const reader = readerOf(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    switch (type === WireType.LengthDelimited ? field : 0) {
      case 1:
        modelName = textOf(reader);
        break;
      case 2:
        modelVersion = textOf(reader);
        break;
      case 3:
        id = textOf(reader);
        break;
      case 5:
        inputs.push(parseInput(readerOf(reader.bytes())));
        break;
      case 6:
        outputs.push(parseOutput(readerOf(reader.bytes())));
        break;
      case 7: {
        const { buffer, byteOffset, byteLength } = reader.bytes();
        raw.push(Buffer.from(buffer, byteOffset, byteLength));
        break;
      }
      default:
        reader.skip(type, field);
    }
  }
  return { modelName, modelVersion, id, inputs, outputs, raw };
}

function parseInput(reader: BinaryReader): MessageInput {
  let name = "";
  let datatype = "";
  const shape: number[] = [];
  const parameters: Record<string, unknown> = Object.create(null);
  let contents: Uint8Array | undefined;
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === 3 && type === WireType.Varint) {
      shape.push(Number(reader.int64()));
    } else if (type !== WireType.LengthDelimited) {
      reader.skip(type, field);
    } else if (field === 1) {
      name = textOf(reader);
    } else if (field === 2) {
      datatype = textOf(reader);
    } else if (field === 3) {
      const end = reader.uint32() + reader.pos;
      while (reader.pos < end) {
        shape.push(Number(reader.int64()));
      }
    } else if (field === 4) {
      readParameters(readerOf(reader.bytes()), parameters);
    } else if (field === 5) {
      contents = reader.bytes();
    } else {
      reader.skip(type, field);
    }
  }
  return { name, datatype, shape, parameters, contents };
}

function parseOutput(reader: BinaryReader): JsonObject {
  let name = "";
  const parameters: Record<string, unknown> = Object.create(null);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === 1 && type === WireType.LengthDelimited) {
      name = textOf(reader);
    } else if (field === 2 && type === WireType.LengthDelimited) {
      readParameters(readerOf(reader.bytes()), parameters);
    } else {
      reader.skip(type, field);
    }
  }
  return { name, parameters };
}

/**
 * Compares a message with the model's signature, and reads its tensors.
 *
 * @throws HttpError 422 with the path of the mistake.
 */
export function readInferRequest(message: InferMessage, model: Model, { maxRows, memory }: ReadOptions): GrpcRequest {
  const { inputs: list, outputs, raw } = message;
  if (raw.length > 0 && raw.length !== list.length) {
    throw invalidInput("raw_input_contents", `must be as many as inputs, ${list.length}; there are ${raw.length}`);
  }
  const tensors = readInputs(list, model, maxRows, ({ datatype }, shape, _given, path, index): TensorData => {
    const bytes = raw[index];
    const { contents } = list[index] as MessageInput;
    if (bytes !== undefined && contents !== undefined) {
      throw invalidInput(`${path}.contents`, "must not be given together with raw_input_contents");
    }
    const length = elementCount(shape);
    if (bytes !== undefined) {
      return decode(datatype, bytes, length, path);
    }
    return readContents(datatype, shape, contents, `${path}.contents`, memory);
  });
  return { ...tensors, outputs: readOutputs(outputs, model.metadata, true) };
}

function readContents(
  datatype: Datatype,
  shape: readonly number[],
  contents: Uint8Array | undefined,
  path: string,
  memory: ReadOptions["memory"],
): TensorData {
  const field = CONTENTS[datatype];
  if (field === undefined) {
    throw invalidInput(path, `cannot hold ${datatype}: send it in raw_input_contents`);
  }
  const { bytes, values } = readList(contents ?? new Uint8Array(), field, path);
  if (datatype === "BYTES") {
    const texts = values.map((text, index) => decodeText(text as Buffer, `${path}[${index}]`));
    return readElements(datatype, shape, texts, path, memory);
  }
  if (bytes !== undefined) {
    // Packed floats and doubles look as in a raw tensor.
    return decode(datatype, bytes, elementCount(shape), path);
  }
  if (datatype !== "INT64" && datatype !== "UINT64") {
    return readElements(datatype, shape, values, path, memory);
  }
  const length = elementCount(shape);
  if (values.length !== length) {
    throw invalidInput(path, `must have ${length} elements for the shape [${shape}]; it has ${values.length}`);
  }
  return (datatype === "INT64" ? BigInt64Array : BigUint64Array).from(values as bigint[]);
}

function readList(contents: Uint8Array, field: number, path: string) {
  try {
    return contentsReader(contents, field);
  } catch (cause) {
    throw new HttpError(400, "invalid_message", `${path} is not an InferTensorContents`, { cause });
  }
}
