import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { errorMessage } from "../../../registry/errors.ts";
import { chosenClasses } from "./chosen-classes.ts";

/** Facts about a graph that ONNX Runtime does not report. */
export interface GraphFacts {
  /** Files that hold weights, by the location that the graph gives: their paths from the graph's folder on. */
  readonly externalFiles: ReadonlySet<string>;
  /** Whether weights in separate files belong to an inner graph or an attribute, where ONNX Runtime cannot be given them. */
  readonly hasInnerExternalData: boolean;
  /** The types of its operators, such as `MatMul`. */
  readonly operators: ReadonlySet<string>;
  /** Inputs that do not even declare how many dimensions they have. */
  readonly shapeless: ReadonlySet<string>;
  /** The class numbers of its classifier, in the order of the scores; undefined if it has no classifier, or several. */
  readonly classes: readonly number[] | undefined;
  /**
   * The names of the classes, in the order of the scores: of its `ZipMap`, or else of the tensor that its label is taken from, or
   * of its classifier; undefined if unclear.
   */
  readonly classNames: readonly string[] | undefined;
}

/** Class numbers or names. */
type Classes = readonly (number | string)[];

interface Found {
  readonly externalFiles: Set<string>;
  hasInnerExternalData: boolean;
  readonly operators: Set<string>;
  readonly shapeless: Set<string>;
  readonly classifiers: Classes[];
  readonly maps: Classes[];
}

type Read = (reader: BinaryReader, found: Found, wireType: WireType) => void;
/** How the fields of a message are read, by number; others are skipped, weights among them. */
type Fields = Readonly<Record<number, Read>>;

/** Attributes of `LinearClassifier`, `SVMClassifier`, `TreeEnsembleClassifier` and `ZipMap`. */
const CLASSES = new Set(["classlabels_ints", "classlabels_int64s", "classlabels_strings"]);

/** Field numbers of `onnx.proto`. @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
const model: Fields = { 7: inside(() => main), 25: inside(() => subprogram) };
const graph: Fields = { 1: readNode, 5: inside(() => tensor), 11: readInput, 15: inside(() => sparse) };
const main: Fields = { ...graph, 5: inside(() => weight) };
const subprogram: Fields = { 7: readNode, 11: (reader, found) => void readAttribute(reader, found) };
const sparse: Fields = { 1: inside(() => tensor), 2: inside(() => tensor) };
const weight: Fields = { 13: readLocation };
const tensor: Fields = {
  13: (reader, found) => {
    found.hasInnerExternalData = true;
    readLocation(reader, found);
  },
};

/**
 * Reads the facts about a graph, without its weights.
 *
 * @throws Error if the bytes are not an ONNX graph.
 */
export function graphFacts(bytes: Uint8Array): GraphFacts {
  const found: Found = {
    externalFiles: new Set(),
    hasInnerExternalData: false,
    operators: new Set(),
    shapeless: new Set(),
    classifiers: [],
    maps: [],
  };
  try {
    readFields(new BinaryReader(bytes), bytes.length, model, found);
  } catch (error) {
    throw notAGraph(`it is not a protobuf message (${errorMessage(error).trim()})`);
  }
  const { classifiers, maps, ...facts } = found;
  const chosen = found.operators.has("ArrayFeatureExtractor") ? chosenClasses(bytes) : undefined;
  const classes = chosen ?? (classifiers.length === 1 ? classifiers[0] : undefined);
  const named = maps.length === 0 ? classes : maps.length === 1 ? maps[0] : undefined;
  return {
    ...facts,
    classes: classes?.every((one): one is number => typeof one === "number") ? classes : undefined,
    classNames: named?.map(String),
  };
}

/** The error for an artifact that cannot be opened. */
export function notAGraph(reason: string): Error {
  return new Error(`the artifact is not an ONNX graph that ONNX Runtime can run: ${reason}`);
}

function readFields(reader: BinaryReader, end: number, fields: Fields, found: Found): void {
  while (reader.pos < end) {
    const [number, wireType] = reader.tag();
    const read = fields[number];
    if (read === undefined) {
      reader.skip(wireType);
    } else {
      read(reader, found, wireType);
    }
  }
}

/** Takes a function because messages nest recursively: a graph may be in an attribute of a node of a graph. */
function inside(fields: () => Fields): Read {
  return (reader, found) => {
    const end = reader.uint32() + reader.pos;
    readFields(reader, end, fields(), found);
  };
}

function readNode(reader: BinaryReader, found: Found): void {
  let operator = "";
  let classes: Classes | undefined;
  const node: Fields = {
    4: () => {
      operator = reader.string();
      found.operators.add(operator);
    },
    5: () => {
      classes = readAttribute(reader, found) ?? classes;
    },
  };
  const end = reader.uint32() + reader.pos;
  readFields(reader, end, node, found);
  if (classes !== undefined) {
    (operator === "ZipMap" ? found.maps : found.classifiers).push(classes);
  }
}

/** Returns the classes that an attribute lists; undefined if it lists none. */
function readAttribute(reader: BinaryReader, found: Found): Classes | undefined {
  let name = "";
  const classes: (number | string)[] = [];
  const end = reader.uint32() + reader.pos;
  const nested = { 5: inside(() => tensor), 6: inside(() => graph), 10: inside(() => tensor), 11: inside(() => graph) };
  const attribute: Fields = {
    ...nested,
    1: () => {
      name = reader.string();
    },
    8: (_reader, _found, wireType) => {
      if (!CLASSES.has(name)) {
        reader.skip(wireType);
        return;
      }
      // Protobuf readers must accept both packed and unpacked fields.
      const last = wireType === WireType.LengthDelimited ? reader.uint32() + reader.pos : reader.pos + 1;
      while (reader.pos < last) classes.push(Number(reader.int64()));
    },
    9: (_reader, _found, wireType) => {
      if (CLASSES.has(name)) {
        classes.push(reader.string());
      } else {
        reader.skip(wireType);
      }
    },
    22: inside(() => sparse),
    23: inside(() => sparse),
  };
  readFields(reader, end, attribute, found);
  return classes.length > 0 ? classes : undefined;
}

/** Reads an entry of a tensor's `external_data`: a key and its value. */
function readLocation(reader: BinaryReader, found: Found): void {
  let key = "";
  let value = "";
  const entry: Fields = { 1: () => (key = reader.string()), 2: () => (value = reader.string()) };
  const end = reader.uint32() + reader.pos;
  readFields(reader, end, entry, found);
  if (key === "location") {
    found.externalFiles.add(value);
  }
}

/** Reads the `ValueInfoProto` of an input: its name, and whether its tensor type has a shape. */
function readInput(reader: BinaryReader, found: Found): void {
  let name = "";
  let isTensor = false;
  let hasShape = false;
  const shape: Fields = {
    2: (_reader, _found, wireType) => {
      hasShape = true;
      reader.skip(wireType);
    },
  };
  const type: Fields = {
    1: (...of) => {
      isTensor = true;
      inside(() => shape)(...of);
    },
  };
  const end = reader.uint32() + reader.pos;
  readFields(reader, end, { 1: () => (name = reader.string()), 2: inside(() => type) }, found);
  if (isTensor && !hasShape) {
    found.shapeless.add(name);
  }
}
