import path from "node:path";
import protobuf from "protobufjs";
import { internal } from "../errors.ts";

/**
 * The versions every exported graph states. IR 10 and opset 21 are read by ONNX Runtime ≥ 1.18; `ai.onnx.ml` 3 has
 * the linear classifiers, `com.microsoft` 1 ONNX Runtime's own `Tokenizer`.
 */
const IR_VERSION = 10;
const OPSETS: Readonly<Record<string, number>> = { "": 21, "ai.onnx.ml": 3, "com.microsoft": 1 };

/** Element types of tensors, by their number in `TensorProto.DataType`. */
const ELEMENT_TYPES = { float: 1, int64: 7, string: 8 } as const;
/** `AttributeProto.AttributeType`. */
const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, floats: 6, ints: 7, strings: 8 } as const;

export interface GraphValue {
  readonly name: string;
  readonly type: keyof typeof ELEMENT_TYPES;
  /** Sizes by dimension; a string names a dimension of any size. */
  readonly shape: readonly (number | string)[];
}

export type Attribute =
  | { readonly type: "float" | "int"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "floats" | "ints"; readonly value: ArrayLike<number> }
  | { readonly type: "strings"; readonly value: readonly string[] };

export interface GraphNode {
  readonly op: string;
  /** Operator set of `op`: "" (ONNX itself), `ai.onnx.ml` or `com.microsoft`. Default "". */
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

/** A constant tensor. */
export interface Initializer {
  readonly name: string;
  /** Default float. */
  readonly type?: GraphValue["type"];
  /** Sizes by dimension; empty for a scalar. */
  readonly dims: readonly number[];
  readonly values: ArrayLike<number | string>;
}

export interface Graph {
  readonly name: string;
  readonly description: string;
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly nodes: readonly GraphNode[];
  readonly initializers?: readonly Initializer[];
}

const schema = protobuf.loadSync(path.join(import.meta.dirname, "onnx.proto"));
const ModelProto = schema.lookupType("onnx.ModelProto");
const AttributeProto = schema.lookupType("onnx.AttributeProto");

/** Writes a graph as the bytes of an `.onnx` file. Throws when a field does not fit the schema. */
export function encodeModel(graph: Graph): Uint8Array {
  const domains = new Set(["", ...graph.nodes.map((node) => node.domain ?? "")]);
  const message = {
    irVersion: IR_VERSION,
    opsetImport: [...domains].map((domain) => ({ domain, version: OPSETS[domain] ?? internal(`no opset ${domain}`) })),
    producerName: "ml-platform-trainer",
    docString: graph.description,
    graph: {
      name: graph.name,
      node: graph.nodes.map(nodeMessage),
      initializer: (graph.initializers ?? []).map(tensorMessage),
      input: graph.inputs.map(valueMessage),
      output: graph.outputs.map(valueMessage),
    },
  };
  return encodeMessage(ModelProto, message);
}

function encodeMessage(type: protobuf.Type, message: Record<string, unknown>): Uint8Array {
  const problem = type.verify(message);
  if (problem) internal(`the graph does not fit the ONNX schema: ${problem}`);
  return type.encode(type.create(message)).finish();
}

function nodeMessage(node: GraphNode, position: number) {
  return {
    opType: node.op,
    name: `${node.op}_${position}`,
    domain: node.domain ?? "",
    input: node.inputs,
    output: node.outputs,
    // The encoder keeps an object for every number until the end of a message: with all of a forest's in one message that
    // is more memory than anything else.
    attribute: Object.entries(node.attributes ?? {}).map(([name, attribute]) =>
      encodeMessage(AttributeProto, attributeMessage(name, attribute)),
    ),
  };
}

function tensorMessage({ name, type = "float", dims, values }: Initializer) {
  const head = { name, dims, dataType: ELEMENT_TYPES[type] };
  if (type === "string") return { ...head, stringData: Array.from(values, (value) => Buffer.from(String(value))) };
  const numbers = Array.from(values, Number);
  return type === "float" ? { ...head, floatData: numbers } : { ...head, int64Data: numbers };
}

function attributeMessage(name: string, attribute: Attribute) {
  const head = { name, type: ATTRIBUTE_TYPES[attribute.type] };
  switch (attribute.type) {
    case "float":
      return { ...head, f: attribute.value };
    case "int":
      return { ...head, i: attribute.value };
    case "string":
      return { ...head, s: Buffer.from(attribute.value) };
    case "floats":
      return { ...head, floats: Array.from(attribute.value) };
    case "ints":
      return { ...head, ints: Array.from(attribute.value) };
    case "strings":
      return { ...head, strings: encodeStrings(attribute.value) };
  }
}

/** Equal strings share their bytes: a forest says of every node whether it is a leaf. */
function encodeStrings(values: readonly string[]): Uint8Array[] {
  const known = new Map<string, Uint8Array>();
  return values.map((value) => {
    const bytes = known.get(value) ?? Buffer.from(value);
    known.set(value, bytes);
    return bytes;
  });
}

function valueMessage(value: GraphValue) {
  const dim = value.shape.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name: value.name, type: { tensorType: { elemType: ELEMENT_TYPES[value.type], shape: { dim } } } };
}
