import { contentsOf, embedded, type Field, fieldsOf, integer, integersOf, messageOf, textsOf } from "./message.ts";

/** Field numbers of `onnx.proto`. @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
const MODEL = { graph: 7, opset: 8 } as const;
const OPSET = { domain: 1, version: 2 } as const;
const GRAPH = { node: 1, output: 12 } as const;
const NODE = { input: 1, output: 2, name: 3, operator: 4, attribute: 5 } as const;
const ATTRIBUTE = { name: 1, text: 4, integers: 8, texts: 9, type: 20 } as const;
const ATTRIBUTE_STRING = 3;
const VALUE = { name: 1, type: 2 } as const;

/** `TypeProto` of a float tensor with rows of this many columns. */
function floatRows(columns: number): Uint8Array {
  const shape = messageOf([embedded(1, new Uint8Array()), embedded(1, messageOf([integer(1, columns)]))]);
  return messageOf([embedded(1, messageOf([integer(1, 1), embedded(2, shape)]))]);
}

/** First version of the standard operators in which `Identity` takes any tensor. */
const IDENTITY_OPSET = 13;

/** A node, split into its parts. */
interface Node {
  readonly fields: readonly Field[];
  readonly operator: string | undefined;
}

/** A graph whose maps became tensors. */
export interface MapsToTensors {
  readonly model: Uint8Array;
  /** The outputs that were maps, with the names of their columns: the classes. */
  readonly maps: readonly { readonly name: string; readonly labels: readonly string[] }[];
}

/**
 * Turns each output that is a list of maps from class to number (`ZipMap`, the default of scikit-learn's and LightGBM's
 * exporters) into the tensor that the maps are made from: a row for each row of the input, a column for each class.
 *
 * @returns The same bytes if there is no such output.
 */
export function mapsToTensors(model: Uint8Array): MapsToTensors {
  const maps: { name: string; labels: readonly string[] }[] = [];
  const edited = editGraph(model, (fields) => {
    const names = new Set(contentsOf(fields, GRAPH.output).flatMap((value) => textsOf(fieldsOf(value), VALUE.name)));
    const nodes = editNodes(fields, ({ fields: node, operator }) => {
      const [name] = textsOf(node, NODE.output);
      if (operator !== "ZipMap" || name === undefined || !names.has(name)) return undefined;
      maps.push({ name, labels: classesOf(node) });
      const kept = node.filter(({ number }) => number === NODE.input || number === NODE.output || number === NODE.name);
      return [...kept, embedded(NODE.operator, "Identity")];
    });
    return nodes.map((field) => {
      if (field.number !== GRAPH.output || field.content === undefined) return field;
      const value = fieldsOf(field.content);
      const [name = ""] = textsOf(value, VALUE.name);
      const kept = value.filter(({ number }) => number !== VALUE.type);
      const map = maps.find((one) => one.name === name);
      const type = map && floatRows(map.labels.length);
      return type === undefined ? field : embedded(GRAPH.output, messageOf([...kept, embedded(VALUE.type, type)]));
    });
  });
  return { model: maps.length === 0 ? model : withStandardOperators(edited), maps };
}

/** A graph whose `StringNormalizer` nodes, which change or ignore case, use a locale. */
export function withLocale(model: Uint8Array, locale: string): Uint8Array {
  const attribute = messageOf([
    embedded(ATTRIBUTE.name, "locale"),
    embedded(ATTRIBUTE.text, locale),
    integer(ATTRIBUTE.type, ATTRIBUTE_STRING),
  ]);
  return editGraph(model, (fields) =>
    editNodes(fields, ({ fields: node, operator }) => {
      if (operator !== "StringNormalizer") return undefined;
      const kept = node.filter(({ number, content }) => number !== NODE.attribute || nameOf(content) !== "locale");
      return [...kept, embedded(NODE.attribute, attribute)];
    }),
  );
}

/** The classes that a `ZipMap` node names. */
function classesOf(node: readonly Field[]): string[] {
  for (const content of contentsOf(node, NODE.attribute)) {
    const attribute = fieldsOf(content);
    const [name = ""] = textsOf(attribute, ATTRIBUTE.name);
    if (name === "classlabels_strings") return textsOf(attribute, ATTRIBUTE.texts);
    if (name === "classlabels_int64s") return integersOf(attribute, ATTRIBUTE.integers).map(String);
  }
  return [];
}

function nameOf(attribute: Uint8Array | undefined): string | undefined {
  return attribute && textsOf(fieldsOf(attribute), ATTRIBUTE.name)[0];
}

function editGraph(model: Uint8Array, edit: (fields: readonly Field[]) => readonly Field[]): Uint8Array {
  return messageOf(
    fieldsOf(model).map((field) =>
      field.number === MODEL.graph && field.content !== undefined
        ? embedded(MODEL.graph, messageOf(edit(fieldsOf(field.content))))
        : field,
    ),
  );
}

/** @param edit Returns the new fields of a node; undefined for a node that stays. */
function editNodes(graph: readonly Field[], edit: (node: Node) => readonly Field[] | undefined): Field[] {
  return graph.map((field) => {
    if (field.number !== GRAPH.node || field.content === undefined) return field;
    const fields = fieldsOf(field.content);
    const edited = edit({ fields, operator: textsOf(fields, NODE.operator)[0] });
    return edited === undefined ? field : embedded(GRAPH.node, messageOf(edited));
  });
}

/** Declares the standard operators, in case the graph only uses those for classical models. */
export function withStandardOperators(model: Uint8Array): Uint8Array {
  const fields = fieldsOf(model);
  const domains = contentsOf(fields, MODEL.opset).map((opset) => textsOf(fieldsOf(opset), OPSET.domain)[0] ?? "");
  if (domains.some((domain) => domain === "" || domain === "ai.onnx")) return model;
  const opset = messageOf([embedded(OPSET.domain, ""), integer(OPSET.version, IDENTITY_OPSET)]);
  return messageOf([...fields, embedded(MODEL.opset, opset)]);
}
