import { internal } from "../errors.ts";
import { MessageWriter } from "./message.ts";

/**
 * Versions that every exported graph declares. IR 10 and opset 21 need ONNX Runtime 1.18 or later. `ai.onnx.ml` 3 contains
 * the linear and tree models, `com.microsoft` 1 ONNX Runtime's `Tokenizer`.
 */
const IR_VERSION = 10;
const OPSETS: Readonly<Record<string, number>> = { "": 21, "ai.onnx.ml": 3, "com.microsoft": 1 };

/** Numbers of the tensor element types in `TensorProto.DataType`. */
const ELEMENT_TYPES = { float: 1, int64: 7, string: 8 } as const;
/** Numbers of the attribute types in `AttributeProto.AttributeType`. */
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
  /** Types of values between nodes, for operators of which readers of the file cannot infer them. */
  readonly values?: readonly GraphValue[];
}

/** Field numbers of the messages, from onnx/onnx-ml.proto of the ONNX project (Apache License 2.0). */
const MODEL = { irVersion: 1, producerName: 2, docString: 6, graph: 7, opsetImport: 8 };
const OPSET = { domain: 1, version: 2 };
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12, valueInfo: 13 };
const NODE = { input: 1, output: 2, name: 3, opType: 4, attribute: 5, domain: 7 };
const ATTRIBUTE = { name: 1, f: 2, i: 3, s: 4, floats: 7, ints: 8, strings: 9, type: 20 };
const TENSOR = { dims: 1, dataType: 2, floatData: 4, stringData: 6, int64Data: 7, name: 8 };
const VALUE_INFO = { name: 1, type: 2 };
const TYPE = { tensorType: 1 };
const TENSOR_TYPE = { elemType: 1, shape: 2 };
const SHAPE = { dim: 1 };
const DIMENSION = { dimValue: 1, dimParam: 2 };

/** Encodes a graph as the content of an `.onnx` file. Throws if a number that must be an integer is not. */
export function encodeModel(graph: Graph): Uint8Array {
  const domains = new Set(["", ...graph.nodes.map((node) => node.domain ?? "")]);
  const writer = new MessageWriter();
  writer.int(MODEL.irVersion, IR_VERSION);
  for (const domain of domains) {
    writer.message(MODEL.opsetImport, () => {
      writer.string(OPSET.domain, domain);
      writer.int(OPSET.version, OPSETS[domain] ?? internal(`no opset ${domain}`));
    });
  }
  writer.string(MODEL.producerName, "ml-platform-trainer");
  writer.string(MODEL.docString, graph.description);
  writer.message(MODEL.graph, () => {
    for (const [position, node] of graph.nodes.entries())
      writer.message(GRAPH.node, () => writeNode(writer, node, position));
    writer.string(GRAPH.name, graph.name);
    for (const tensor of graph.initializers ?? []) writer.message(GRAPH.initializer, () => writeTensor(writer, tensor));
    for (const value of graph.inputs) writer.message(GRAPH.input, () => writeValue(writer, value));
    for (const value of graph.outputs) writer.message(GRAPH.output, () => writeValue(writer, value));
    for (const value of graph.values ?? []) writer.message(GRAPH.valueInfo, () => writeValue(writer, value));
  });
  return writer.finish();
}

function writeNode(writer: MessageWriter, node: GraphNode, position: number): void {
  for (const input of node.inputs) writer.string(NODE.input, input);
  for (const output of node.outputs) writer.string(NODE.output, output);
  writer.string(NODE.name, `${node.op}_${position}`);
  writer.string(NODE.opType, node.op);
  writer.string(NODE.domain, node.domain ?? "");
  for (const [name, attribute] of Object.entries(node.attributes ?? {}))
    writer.message(NODE.attribute, () => writeAttribute(writer, name, attribute));
}

function writeAttribute(writer: MessageWriter, name: string, attribute: Attribute): void {
  writer.string(ATTRIBUTE.name, name);
  writer.int(ATTRIBUTE.type, ATTRIBUTE_TYPES[attribute.type]);
  switch (attribute.type) {
    case "float":
      writer.float(ATTRIBUTE.f, attribute.value);
      break;
    case "int":
      writer.int(ATTRIBUTE.i, attribute.value);
      break;
    case "string":
      writer.string(ATTRIBUTE.s, attribute.value);
      break;
    case "floats":
      writer.floats(ATTRIBUTE.floats, attribute.value);
      break;
    case "ints":
      writer.ints(ATTRIBUTE.ints, attribute.value);
      break;
    case "strings":
      for (const text of attribute.value) writer.string(ATTRIBUTE.strings, text);
  }
}

function writeTensor(writer: MessageWriter, { name, type = "float", dims, values }: Initializer): void {
  writer.ints(TENSOR.dims, dims);
  writer.int(TENSOR.dataType, ELEMENT_TYPES[type]);
  writer.string(TENSOR.name, name);
  if (type === "string") for (const value of Array.from(values)) writer.string(TENSOR.stringData, String(value));
  else if (type === "float") writer.floats(TENSOR.floatData, Array.from(values, Number));
  else writer.ints(TENSOR.int64Data, Array.from(values, Number));
}

function writeValue(writer: MessageWriter, { name, type, shape }: GraphValue): void {
  writer.string(VALUE_INFO.name, name);
  writer.message(VALUE_INFO.type, () => {
    writer.message(TYPE.tensorType, () => {
      writer.int(TENSOR_TYPE.elemType, ELEMENT_TYPES[type]);
      writer.message(TENSOR_TYPE.shape, () => {
        for (const size of shape) {
          writer.message(SHAPE.dim, () => {
            if (typeof size === "number") writer.int(DIMENSION.dimValue, size);
            else writer.string(DIMENSION.dimParam, size);
          });
        }
      });
    });
  });
}
