import { contentsOf, type Field, fieldsOf, integersOf, textsOf } from "./message.ts";

/** Field numbers of `onnx.proto`. @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
const MODEL = { graph: 7 } as const;
const GRAPH = { node: 1, initializer: 5, output: 12 } as const;
const NODE = { input: 1, output: 2, operator: 4 } as const;
const VALUE = { name: 1 } as const;
const TENSOR = { type: 2, int32s: 5, texts: 6, int64s: 7, name: 8, raw: 9 } as const;
const TYPE = { int32: 6, int64: 7, text: 8 } as const;

/** Operators between the chosen class and the output: they change its form, not its value. */
const FORMS = new Set(["Cast", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"]);
const CHOOSER = "ArrayFeatureExtractor";

/** A node of the main graph: its operator and the names of its values. */
interface Node {
  readonly operator: string | undefined;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * The classes of a classifier that skl2onnx computes by standard operators, such as naive Bayes, neighbors or networks: their
 * names or numbers are a tensor, from which an `ArrayFeatureExtractor` takes the label. Undefined if there is no such tensor, or
 * several.
 */
export function chosenClasses(model: Uint8Array): readonly (number | string)[] | undefined {
  const [graph] = contentsOf(fieldsOf(model), MODEL.graph);
  if (graph === undefined) return undefined;
  const fields = fieldsOf(graph);
  const nodes = contentsOf(fields, GRAPH.node).map(nodeOf);
  const outputs = new Set(contentsOf(fields, GRAPH.output).flatMap((value) => textsOf(fieldsOf(value), VALUE.name)));
  const names = nodes
    .filter((node) => node.operator === CHOOSER && leadsTo(node, nodes, outputs))
    .flatMap(({ inputs }) => inputs.slice(0, 1));
  const tensors = contentsOf(fields, GRAPH.initializer).map(fieldsOf);
  const found = tensors.filter((tensor) => textsOf(tensor, TENSOR.name).some((name) => names.includes(name)));
  const [classes] = found;
  return classes === undefined || found.length > 1 ? undefined : elementsOf(classes);
}

function nodeOf(message: Uint8Array): Node {
  const fields = fieldsOf(message);
  const [operator] = textsOf(fields, NODE.operator);
  return { operator, inputs: textsOf(fields, NODE.input), outputs: textsOf(fields, NODE.output) };
}

/** Whether the value of a node is an output, perhaps in another form. */
function leadsTo(node: Node, nodes: readonly Node[], outputs: ReadonlySet<string>): boolean {
  const values = [...node.outputs];
  // Grows while it is read; each node adds its outputs once.
  for (const value of values) {
    if (outputs.has(value)) return true;
    const next = nodes.filter(({ operator = "", inputs }) => FORMS.has(operator) && inputs[0] === value);
    values.push(...next.flatMap((one) => one.outputs).filter((one) => !values.includes(one)));
  }
  return false;
}

function elementsOf(tensor: readonly Field[]): readonly (number | string)[] | undefined {
  const [type] = integersOf(tensor, TENSOR.type);
  const [raw] = contentsOf(tensor, TENSOR.raw);
  const bytes = raw?.slice().buffer;
  switch (Number(type)) {
    case TYPE.text:
      return textsOf(tensor, TENSOR.texts);
    case TYPE.int32:
      return bytes === undefined ? integersOf(tensor, TENSOR.int32s).map(Number) : [...new Int32Array(bytes)];
    case TYPE.int64:
      return (bytes === undefined ? integersOf(tensor, TENSOR.int64s) : [...new BigInt64Array(bytes)]).map(Number);
    default:
      return undefined;
  }
}
