import type { InferenceSession } from "onnxruntime-node";
import { type NarrowEnd, type NarrowEnds, wideName, withWideEnds } from "./graph/wide-ends.ts";
import { ELEMENT_TYPES, type NativeSession } from "./native-session.ts";

/** A type that holds every value of one that JSON, the Open Inference Protocol or ONNX Runtime's binding does not know. */
const WIDE: Readonly<Record<string, string>> = {
  bfloat16: "float32",
  float8e4m3fn: "float32",
  float8e4m3fnuz: "float32",
  float8e5m2: "float32",
  float8e5m2fnuz: "float32",
  uint4: "uint8",
  int4: "int8",
};

/** An opened graph, with a line for each input and output that has another type for clients. */
export interface WideSession {
  readonly session: NativeSession;
  readonly notes: readonly string[];
}

/**
 * Opens a graph so that its inputs and outputs have types that clients can send and read: bfloat16 becomes float32, and is
 * cast inside of the graph.
 *
 * @param open Opens a graph.
 */
export function openWide(model: Uint8Array, open: (model: Uint8Array) => NativeSession): WideSession {
  const session = open(model);
  const ends: NarrowEnds = {
    inputs: session.inputMetadata.flatMap(narrowEnd),
    outputs: session.outputMetadata.flatMap(narrowEnd),
  };
  if (ends.inputs.length + ends.outputs.length === 0) {
    return { session, notes: [] };
  }
  const wide = openOrNot(withWideEnds(model, ends), open);
  if (wide === undefined) {
    return { session, notes: [] };
  }
  session.release();
  const notes = [
    ...ends.inputs.map((end) => noteOf("input", end)),
    ...ends.outputs.map((end) => noteOf("output", end)),
  ];
  return { session: withOwnNames(wide, ends), notes };
}

/** Undefined if ONNX Runtime cannot cast one of the types: the end is then reported as one that cannot be served. */
function openOrNot(model: Uint8Array, open: (model: Uint8Array) => NativeSession): NativeSession | undefined {
  try {
    return open(model);
  } catch {
    return undefined;
  }
}

function narrowEnd(value: InferenceSession.ValueMetadata): NarrowEnd[] {
  const wide = value.isTensor ? WIDE[value.type] : undefined;
  if (!value.isTensor || wide === undefined) {
    return [];
  }
  return [{ name: value.name, type: numberOf(value.type), wide: numberOf(wide) }];
}

/** ONNX's number of a type. */
function numberOf(type: string): number {
  return ELEMENT_TYPES.indexOf(type) + 1;
}

function noteOf(what: string, { name, type, wide }: NarrowEnd): string {
  return `${what} "${name}" is ${ELEMENT_TYPES[type - 1]} in the graph; for clients it is ${ELEMENT_TYPES[wide - 1]}`;
}

/** The session under the names that the graph's inputs and outputs had before. */
function withOwnNames(session: NativeSession, { inputs, outputs }: NarrowEnds): NativeSession {
  const inner = new Map(inputs.map(({ name }) => [name, wideName(name, "inputs")]));
  const fetched = new Map(outputs.map(({ name }) => [name, wideName(name, "outputs")]));
  const ownInputs = new Map([...inner].map(([own, wide]) => [wide, own]));
  const ownOutputs = new Map([...fetched].map(([own, wide]) => [wide, own]));
  return {
    inputNames: session.inputNames.map((name) => ownInputs.get(name) ?? name),
    inputMetadata: session.inputMetadata.map((value) => ({ ...value, name: ownInputs.get(value.name) ?? value.name })),
    outputMetadata: session.outputMetadata.map((value) => ({
      ...value,
      name: ownOutputs.get(value.name) ?? value.name,
    })),
    run: (feeds, fetches) => rename(session.run(rename(feeds, inner), rename(fetches, fetched)), ownOutputs),
    release: () => session.release(),
  };
}

function rename<T>(values: Readonly<Record<string, T>>, names: ReadonlyMap<string, string>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [names.get(name) ?? name, value]));
}
