import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { ModelMetadata, TensorSpec } from "../../registry/metadata.ts";
import type { Model, OpenModel } from "./model.ts";
import { isHeld, type Tensor, type TensorData, type Tensors } from "./tensor.ts";

const ORT_TYPES = {
  BOOL: "bool",
  UINT8: "uint8",
  UINT16: "uint16",
  UINT32: "uint32",
  UINT64: "uint64",
  INT8: "int8",
  INT16: "int16",
  INT32: "int32",
  INT64: "int64",
  FP32: "float32",
  FP64: "float64",
  BYTES: "string",
} as const;

/** ONNX Runtime's level for errors only: its warnings about unused initialisers would break the JSON log. */
const ERRORS_ONLY = 3;

/**
 * How to open ONNX models.
 *
 * @param intraOpThreads Threads of one operator. Inside a CPU limit more than one thread only adds switching.
 */
export function onnxOpener(intraOpThreads: number): OpenModel {
  return async (metadata, artefact) => {
    const session = await InferenceSession.create(artefact, {
      intraOpNumThreads: intraOpThreads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      logSeverityLevel: ERRORS_ONLY,
    });
    try {
      return new OnnxModel(metadata, session);
    } catch (error) {
      await session.release();
      throw error;
    }
  };
}

class OnnxModel implements Model {
  readonly metadata: ModelMetadata;
  readonly maxRows: number;
  readonly #session: InferenceSession;
  readonly #outputNames: string[];

  constructor(metadata: ModelMetadata, session: InferenceSession) {
    const { inputs, outputs } = metadata.signature;
    checkNames("input", inputs, session.inputNames);
    checkNames("output", outputs, session.outputNames);
    const missing = session.inputNames.filter((name) => !inputs.some((input) => input.name === name));
    if (missing.length > 0) {
      throw new Error(`the signature lacks the graph's input "${missing[0]}"`);
    }
    this.metadata = metadata;
    this.maxRows = batchLimit(inputs);
    this.#session = session;
    this.#outputNames = outputs.map((output) => output.name);
  }

  async run(inputs: Tensors): Promise<Tensors> {
    const feeds = Object.fromEntries([...inputs].map(([name, tensor]) => [name, toOrt(tensor)]));
    const fetched = await this.#session.run(feeds, this.#outputNames);
    const outputs = new Map<string, Tensor>();
    for (const { name, datatype } of this.metadata.signature.outputs) {
      const output = fetched[name];
      if (output === undefined || !isHeld(datatype) || output.type !== ORT_TYPES[datatype]) {
        throw new Error(`output "${name}" is ${output?.type ?? "absent"}, not ${datatype} as the signature says`);
      }
      outputs.set(name, { datatype, shape: output.dims, data: output.data as TensorData });
    }
    return outputs;
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

function toOrt(tensor: Tensor): OrtTensor {
  if (!isHeld(tensor.datatype)) {
    throw new TypeError(`tensors of type ${tensor.datatype} cannot be held`);
  }
  return new OrtTensor(ORT_TYPES[tensor.datatype], tensor.data as Float32Array, tensor.shape);
}

function checkNames(what: string, specs: readonly TensorSpec[], names: readonly string[]): void {
  for (const spec of specs) {
    if (!names.includes(spec.name)) {
      throw new Error(`the graph has no ${what} "${spec.name}"; it has ${names.join(", ")}`);
    }
    if (!isHeld(spec.datatype)) {
      throw new Error(`${what} "${spec.name}" is ${spec.datatype}, which this server cannot hold`);
    }
  }
}

function batchLimit(inputs: readonly TensorSpec[]): number {
  const fixed = inputs.map((input) => input.shape[0]).filter((size) => size !== undefined && size !== -1);
  if (fixed.some((size) => size !== 1)) {
    throw new Error(`the graph fixes its batch dimension at ${fixed.join(", ")}; it must be 1 or of any size (-1)`);
  }
  return fixed.length > 0 ? 1 : Number.POSITIVE_INFINITY;
}
