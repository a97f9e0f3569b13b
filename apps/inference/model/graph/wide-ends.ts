import { withStandardOperators } from "./edit.ts";
import { contentsOf, embedded, type Field, fieldsOf, integer, messageOf, textsOf } from "./message.ts";

/** Field numbers of `onnx.proto`. @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
const MODEL = { graph: 7 } as const;
const GRAPH = { node: 1, input: 11, output: 12 } as const;
const NODE = { input: 1, output: 2, operator: 4, attribute: 5 } as const;
const ATTRIBUTE = { name: 1, integer: 3, type: 20 } as const;
const ATTRIBUTE_INTEGER = 2;
const VALUE = { name: 1, type: 2 } as const;
const TYPE = { tensor: 1 } as const;
const TENSOR = { element: 1 } as const;

/** An input or output whose type no client can send or read, by ONNX's numbers of the types. */
export interface NarrowEnd {
  readonly name: string;
  readonly type: number;
  /** The type that it has for clients; it can hold every value of `type`. */
  readonly wide: number;
}

/** Inputs and outputs of a graph. */
export interface NarrowEnds {
  readonly inputs: readonly NarrowEnd[];
  readonly outputs: readonly NarrowEnd[];
}

/** The name of the wide input or output; the graph's own name stays that of the narrow value. */
export function wideName(name: string, end: keyof NarrowEnds): string {
  return `${name}/wide ${end}`;
}

/** A graph that casts inputs to the narrow types that it computes with, and outputs from them. */
export function withWideEnds(model: Uint8Array, { inputs, outputs }: NarrowEnds): Uint8Array {
  const first = inputs.map(({ name, type }) => castNode(wideName(name, "inputs"), name, type));
  const last = outputs.map(({ name, wide }) => castNode(name, wideName(name, "outputs"), wide));
  const widen = (field: Field): Field => {
    if (field.number === GRAPH.input) return wideValue(field, inputs, "inputs");
    if (field.number === GRAPH.output) return wideValue(field, outputs, "outputs");
    return field;
  };
  const edited = fieldsOf(model).map((field) => {
    if (field.number !== MODEL.graph || field.content === undefined) return field;
    return embedded(MODEL.graph, messageOf([...first, ...fieldsOf(field.content).map(widen), ...last]));
  });
  return withStandardOperators(messageOf(edited));
}

function castNode(from: string, to: string, type: number): Field {
  const attribute = messageOf([
    embedded(ATTRIBUTE.name, "to"),
    integer(ATTRIBUTE.integer, type),
    integer(ATTRIBUTE.type, ATTRIBUTE_INTEGER),
  ]);
  return embedded(
    GRAPH.node,
    messageOf([
      embedded(NODE.input, from),
      embedded(NODE.output, to),
      embedded(NODE.operator, "Cast"),
      embedded(NODE.attribute, attribute),
    ]),
  );
}

/** The declaration of an input or output with its wide name and type; others stay as they are. */
function wideValue(field: Field, ends: readonly NarrowEnd[], end: keyof NarrowEnds): Field {
  const fields = field.content === undefined ? [] : fieldsOf(field.content);
  const [name] = textsOf(fields, VALUE.name);
  const found = ends.find((one) => one.name === name);
  if (found === undefined) return field;
  const [type = new Uint8Array()] = contentsOf(fields, VALUE.type);
  const [tensor = new Uint8Array()] = contentsOf(fieldsOf(type), TYPE.tensor);
  const shape = fieldsOf(tensor).filter(({ number }) => number !== TENSOR.element);
  const wide = messageOf([integer(TENSOR.element, found.wide), ...shape]);
  const kept = fields.filter(({ number }) => number !== VALUE.name && number !== VALUE.type);
  return embedded(
    field.number,
    messageOf([
      embedded(VALUE.name, wideName(found.name, end)),
      embedded(VALUE.type, messageOf([embedded(TYPE.tensor, wide)])),
      ...kept,
    ]),
  );
}
