import type { Encoding } from "../learn/tabular/encoding.ts";
import type { GraphNode, GraphValue, Initializer } from "./model.ts";

/** What counts as a number in text; anything else is a missing value, so that no text can make the graph fail. */
const NUMERAL = "[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]{1,2})?";

/** From the input `features` to the encoded rows, [rows, encoding.width]. */
export interface EncodingGraph {
  readonly input: GraphValue;
  readonly nodes: readonly GraphNode[];
  readonly initializers: readonly Initializer[];
}

/**
 * Encodes rows inside the graph: imputes medians, and turns words into columns of 0 and 1. Where all features are numbers
 * the input is float; otherwise it is text in the order of `features`, numbers written in decimal, and "" for a missing one.
 *
 * @param numeric Place of each numeric column in a row of the input.
 * @param categorical Place of each categorical column.
 * @param output Name of the encoded rows.
 */
export function encodingGraph(
  encoding: Encoding,
  numeric: readonly number[],
  categorical: readonly number[],
  output: string,
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
  const take = (name: string, places: readonly number[], taken: string) => {
    initializers.push({ name: `${name}_place`, type: "int64", dims: [places.length], values: places });
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
      // By way of double: a number beyond float's range would be an error in a cast straight to float.
      cast("filled", "doubles", 11),
      cast("doubles", "numbers", 1),
      impute("numbers"),
    );
  }
  categorical.forEach((place, k) => {
    take(`words_${k}`, [place], `words_${k}`);
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

/** `type`: number of the element type in `TensorProto.DataType`. */
function cast(input: string, output: string, type: number): GraphNode {
  return { op: "Cast", inputs: [input], outputs: [output], attributes: { to: { type: "int", value: type } } };
}
