import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { errorMessage } from "../../registry/errors.ts";
import type { ModelMetadata, TensorSpec } from "../../registry/metadata.ts";
import { batchingOf } from "./batch-dimension.ts";
import { completeSignature, omittedOutputs } from "./complete-signature.ts";
import { type MapsToTensors, mapsToTensors, withLocale } from "./graph/edit.ts";
import { type GraphFacts, graphFacts, notAGraph } from "./graph/facts.ts";
import type { Model, OpenModel } from "./model.ts";
import { type NativeSession, openSession } from "./native-session.ts";
import { datatypeOf, ORT_TYPES } from "./ort-types.ts";
import type { Tensor, TensorData, Tensors } from "./tensor.ts";
import { openWide } from "./wide-session.ts";

/** ONNX Runtime's log level `fatal`: its own lines would break the JSON log, and it throws its errors as well. */
const FATAL_ONLY = 4;

/**
 * Returns a function that opens ONNX models.
 *
 * @param intraOpThreads Threads of one operator. Inside a CPU limit more than one only adds context switches.
 */
export function onnxOpener(intraOpThreads: number): OpenModel {
  return async (metadata, artifact, externalData = []) => {
    const { session, facts, notes } = openGraph(artifact, {
      intraOpNumThreads: intraOpThreads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      logSeverityLevel: FATAL_ONLY,
      externalData: externalData.map(({ file, data }) => ({ path: file, data })),
    });
    try {
      return new OnnxModel(metadata, session, facts, notes);
    } catch (error) {
      session.release();
      throw error;
    }
  };
}

/** An opened graph, and what is known about it. */
interface OpenedGraph {
  readonly session: NativeSession;
  readonly facts: GraphFacts & Pick<MapsToTensors, "maps">;
  readonly notes: readonly string[];
}

function openGraph(artifact: Uint8Array, options: InferenceSession.SessionOptions): OpenedGraph {
  const facts = graphFacts(artifact);
  if (facts.hasInnerExternalData) {
    throw new Error(
      "weights of an inner graph or an attribute are in a separate file, which ONNX Runtime cannot load from memory: save " +
        "the graph as one file, as onnx.save_model does with save_as_external_data=False",
    );
  }
  const { model, maps } = facts.operators.has("ZipMap") ? mapsToTensors(artifact) : { model: artifact, maps: [] };
  try {
    return { ...openInAnyLocale(model, options), facts: { ...facts, maps } };
  } catch (error) {
    const reason = errorMessage(error).trim();
    throw notAGraph(/Could not find an implementation for/.test(reason) ? `${reason}: ${NO_KERNEL}` : reason);
  }
}

/** Graphs for accelerators, often in bfloat16 or smaller floats. */
const NO_KERNEL =
  "it has no such operator for these types on a CPU: export the graph in float32 (`model.float()` before `torch.onnx.export`)";

/** Only this locale is in every image. It changes the case of letters like all others but Turkish, Azeri and Lithuanian. */
const LOCALE = "C.UTF-8";

/** Opens a graph; one that normalizes strings in a locale that this machine lacks uses another one. */
function openInAnyLocale(
  model: Uint8Array,
  options: InferenceSession.SessionOptions,
): Pick<OpenedGraph, "session" | "notes"> {
  const open = (graph: Uint8Array) => openWide(graph, (one) => openSession(one, options));
  try {
    return open(model);
  } catch (error) {
    const [, locale] = /Failed to construct locale with name:([^:]*):/.exec(errorMessage(error)) ?? [];
    if (locale === undefined) {
      throw error;
    }
    const { session, notes } = open(withLocale(model, LOCALE));
    const differs = /^(?:tr|az|lt)_/.test(locale);
    const note = `strings are normalized in the locale ${LOCALE}, because ${locale} is not installed: some letters differ`;
    return { session, notes: differs ? [...notes, note] : notes };
  }
}

class OnnxModel implements Model {
  readonly metadata: ModelMetadata;
  readonly batched: boolean;
  readonly maxRows: number;
  readonly ragged: boolean;
  readonly notes: readonly string[];
  readonly #session: NativeSession;
  readonly #fetches: Fetches;
  /** By the list of wanted outputs: callers pass the same list each time. */
  readonly #fetchesOf = new WeakMap<readonly string[], Fetches>();

  constructor(
    metadata: ModelMetadata,
    session: NativeSession,
    facts: OpenedGraph["facts"],
    notes: OpenedGraph["notes"],
  ) {
    const signature = completeSignature(metadata.signature, session, facts);
    const { inputs, outputs } = signature;
    checkSpecs("input", inputs, session.inputMetadata);
    checkSpecs("output", outputs, session.outputMetadata);
    const missing = session.inputNames.filter((name) => !inputs.some((input) => input.name === name));
    if (missing.length > 0) {
      throw new Error(`the signature lacks the graph's input "${missing[0]}"`);
    }
    const { batched, maxRows, ragged } = batchingOf(signature);
    this.metadata = { ...metadata, signature };
    this.batched = batched;
    this.maxRows = maxRows;
    this.ragged = ragged;
    this.notes = [...notes, ...omittedOutputs(metadata.signature, signature, session)];
    this.#session = session;
    this.#fetches = fetchesOf(outputs);
  }

  run(inputs: Tensors, wanted?: readonly string[]): Tensors {
    const feeds: Record<string, OrtTensor> = Object.create(null);
    for (const [name, tensor] of inputs) {
      feeds[name] = toOrt(tensor);
    }
    const { specs, fetches } = wanted === undefined ? this.#fetches : this.#wanted(wanted);
    const fetched = this.#session.run(feeds, fetches);
    const outputs = new Map<string, Tensor>();
    for (const { name, datatype } of specs) {
      const output = fetched[name];
      if (output === undefined || output.type !== ORT_TYPES[datatype]) {
        throw new Error(`output "${name}" is ${output?.type ?? "absent"}, not ${datatype} as the signature says`);
      }
      outputs.set(name, { datatype, shape: output.dims, data: output.data as TensorData });
    }
    return outputs;
  }

  async close(): Promise<void> {
    this.#session.release();
  }

  #wanted(names: readonly string[]): Fetches {
    const known = this.#fetchesOf.get(names);
    if (known !== undefined) {
      return known;
    }
    const made = fetchesOf(this.metadata.signature.outputs.filter(({ name }) => names.includes(name)));
    this.#fetchesOf.set(names, made);
    return made;
  }
}

/** Some outputs, and the argument that asks the binding for them. */
interface Fetches {
  readonly specs: readonly TensorSpec[];
  readonly fetches: Readonly<Record<string, null>>;
}

function fetchesOf(specs: readonly TensorSpec[]): Fetches {
  return { specs, fetches: Object.fromEntries(specs.map(({ name }) => [name, null])) };
}

/**
 * The fields of a tensor that the binding reads. ONNX Runtime's own tensor class would check in each run what has already been
 * checked against the signature.
 */
function toOrt({ datatype, data, shape }: Tensor): OrtTensor {
  // Node-API does not know Float16Array: the binding reads the same bits from a Uint16Array.
  const elements = data instanceof Float16Array ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;
  return { type: ORT_TYPES[datatype], dims: shape, data: elements, location: "cpu" } as unknown as OrtTensor;
}

function checkSpecs(
  what: "input" | "output",
  specs: readonly TensorSpec[],
  graph: readonly InferenceSession.ValueMetadata[],
): void {
  for (const { name, datatype, shape } of specs) {
    const found = graph.find((value) => value.name === name);
    if (found === undefined) {
      throw new Error(`the graph has no ${what} "${name}"; it has ${graph.map((value) => value.name).join(", ")}`);
    }
    if (!found.isTensor) {
      const remedy =
        what === "output"
          ? "remove it from the signature, or export the graph with tensors instead"
          : "export the graph with tensors instead";
      throw new Error(`${what} "${name}" is not a tensor but a sequence or map, which cannot be served: ${remedy}`);
    }
    if (found.type !== ORT_TYPES[datatype]) {
      throw new Error(
        `${what} "${name}" is ${datatypeOf(found.type) ?? found.type} in the graph, not ${datatype} as the signature says`,
      );
    }
    if (what === "input") {
      checkShape(name, shape, found.shape);
    }
  }
}

/** Compares the dimensions that the graph fixes; a graph may declare no shape at all. */
function checkShape(name: string, signature: readonly number[], graph: readonly (number | string)[]): void {
  if (graph.length > 0 && graph.length !== signature.length) {
    throw new Error(
      `input "${name}" has ${graph.length} dimensions in the graph, ${signature.length} in the signature`,
    );
  }
  for (const [index, size] of graph.entries()) {
    if (typeof size === "number" && size > 0 && signature[index] !== size) {
      throw new Error(
        `dimension ${index} of input "${name}" is ${size} in the graph, ${signature[index]} in the signature`,
      );
    }
  }
}
