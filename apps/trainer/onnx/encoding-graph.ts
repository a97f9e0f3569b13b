import type { Encoding } from "../learn/tabular/encoding.ts";
import type { GraphNode, GraphValue, Initializer } from "./model.ts";

/** Text that is read as a number. Any other text counts as a missing value, so that no input can make the graph fail. */
const NUMERAL = "[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]{1,2})?";

/** The part of a graph from the input `features` to the encoded rows, [rows, encoding.width]. */
export interface EncodingGraph {
  readonly input: GraphValue;
  readonly nodes: readonly GraphNode[];
  readonly initializers: readonly Initializer[];
}

/**
 * Encodes rows within the graph: replaces missing numbers by medians, and one-hot encodes categories. The input is float
 * if all features are numeric. Otherwise it is text, with numbers in decimal, and "" for a missing value.
 *
 * @param numeric position of each numeric column in a row of the input
 * @param categorical position of each categorical column in a row of the input
 * @param output name of the encoded rows
 * @param missing by categorical column: words that mean a missing value, besides ""
 */
export function encodingGraph(
  encoding: Encoding,
  numeric: readonly number[],
  categorical: readonly number[],
  output: string,
  missing: readonly (readonly string[])[] = [],
): EncodingGraph {
  const columns = numeric.length + categorical.length;
  const imputed = categorical.length === 0 ? output : "imputed";
  const impute = (input: string): GraphNode => ({
    op: "Imputer",
    domain: "ai.onnx.ml",
    inputs: [input],
    outputs: [imputed],
    attributes: {
      imputed_value_floats: { type: "floats", value: encoding.medians },
      replaced_value_float: { type: "float", value: Number.NaN },
    },
  });
  if (categorical.length === 0) {
    return {
      input: { name: "features", type: "float", shape: ["rows", columns] },
      nodes: [impute("features")],
      initializers: [],
    };
  }
  const nodes: GraphNode[] = [];
  const initializers: Initializer[] = [];
  const take = (name: string, positions: readonly number[], taken: string) => {
    initializers.push({ name: `${name}_place`, type: "int64", dims: [positions.length], values: positions });
    nodes.push({
      op: "Gather",
      inputs: ["features", `${name}_place`],
      outputs: [taken],
      attributes: { axis: { type: "int", value: 1 } },
    });
  };
  if (numeric.length > 0) {
    take("numeric", numeric, "numerals");
    initializers.push({ name: "not_a_number", type: "string", dims: [], values: ["nan"] });
    nodes.push(
      {
        op: "RegexFullMatch",
        inputs: ["numerals"],
        outputs: ["present"],
        attributes: { pattern: { type: "string", value: NUMERAL } },
      },
      { op: "Where", inputs: ["present", "numerals", "not_a_number"], outputs: ["filled"] },
      // By way of double: casting text beyond the range of float directly to float fails.
      cast("filled", "doubles", 11),
      cast("doubles", "numbers", 1),
      impute("numbers"),
    );
  }
  categorical.forEach((place, k) => {
    const words = missing[k] ?? [];
    take(`words_${k}`, [place], words.length > 0 ? `given_${k}` : `words_${k}`);
    if (words.length > 0) {
      if (!initializers.some(({ name }) => name === "no_word"))
        initializers.push({ name: "no_word", type: "string", dims: [], values: [""] });
      nodes.push(
        {
          op: "RegexFullMatch",
          inputs: [`given_${k}`],
          outputs: [`missing_${k}`],
          attributes: { pattern: { type: "string", value: words.map(escaped).join("|") } },
        },
        { op: "Where", inputs: [`missing_${k}`, "no_word", `given_${k}`], outputs: [`words_${k}`] },
      );
    }
    nodes.push(
      {
        op: "OneHotEncoder",
        domain: "ai.onnx.ml",
        inputs: [`words_${k}`],
        outputs: [`encoded_${k}`],
        attributes: {
          cats_strings: { type: "strings", value: encoding.categories[k] ?? [] },
          zeros: { type: "int", value: 1 },
        },
      },
      { op: "Squeeze", inputs: [`encoded_${k}`, "middle"], outputs: [`columns_${k}`] },
    );
  });
  initializers.push({ name: "middle", type: "int64", dims: [1], values: [1] });
  nodes.push({
    op: "Concat",
    inputs: [...(numeric.length > 0 ? ["imputed"] : []), ...categorical.map((_, k) => `columns_${k}`)],
    outputs: [output],
    attributes: { axis: { type: "int", value: 1 } },
  });
  return { input: { name: "features", type: "string", shape: ["rows", columns] }, nodes, initializers };
}

/** A word as a pattern of RE2 that matches only itself. */
function escaped(word: string): string {
  return word.replaceAll(/[^\w\u0080-\uffff]/g, "\\$&");
}

/** @param type number of the element type in `TensorProto.DataType` */
function cast(input: string, output: string, type: number): GraphNode {
  return { op: "Cast", inputs: [input], outputs: [output], attributes: { to: { type: "int", value: type } } };
}
