import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { errorMessage } from "../../registry/errors.ts";

/** Facts about a graph that ONNX Runtime does not report. */
export interface GraphFacts {
  /**
   * Whether some of its weights are in separate files. ONNX Runtime would read those from the working directory, unverified.
   */
  readonly hasExternalData: boolean;
  /** The types of its operators, such as `MatMul`. */
  readonly operators: ReadonlySet<string>;
  /** Inputs that do not even declare how many dimensions they have. */
  readonly shapeless: ReadonlySet<string>;
  /** The class numbers of its classifier, in the order of the scores; undefined if it has no classifier, or several. */
  readonly classes: readonly number[] | undefined;
}

interface Found {
  hasExternalData: boolean;
  readonly operators: Set<string>;
  readonly shapeless: Set<string>;
  readonly classifiers: number[][];
}

type Read = (reader: BinaryReader, found: Found, wireType: WireType) => void;
/** How the fields of a message are read, by number; others are skipped, weights among them. */
type Fields = Readonly<Record<number, Read>>;

/** Attributes of `LinearClassifier`, `SVMClassifier` and `TreeEnsembleClassifier`. */
const CLASSES = new Set(["classlabels_ints", "classlabels_int64s"]);

/** Field numbers of `onnx.proto`. @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
const model: Fields = { 7: inside(() => graph), 25: inside(() => subprogram) };
const graph: Fields = { 1: inside(() => node), 5: inside(() => tensor), 11: readInput, 15: inside(() => sparse) };
const subprogram: Fields = { 7: inside(() => node), 11: readAttribute };
const node: Fields = { 4: (reader, { operators }) => operators.add(reader.string()), 5: readAttribute };
const sparse: Fields = { 1: inside(() => tensor), 2: inside(() => tensor) };
const tensor: Fields = {
  13: (reader, found, wireType) => {
    found.hasExternalData = true;
    reader.skip(wireType);
  },
};

/**
 * Reads the facts about a graph, without its weights.
 *
 * @throws Error if the bytes are not an ONNX graph.
 */
export function graphFacts(bytes: Uint8Array): GraphFacts {
  const found: Found = { hasExternalData: false, operators: new Set(), shapeless: new Set(), classifiers: [] };
  try {
    readFields(new BinaryReader(bytes), bytes.length, model, found);
  } catch (error) {
    throw notAGraph(`it is not a protobuf message (${errorMessage(error).trim()})`);
  }
  const { classifiers, ...facts } = found;
  return { ...facts, classes: classifiers.length === 1 ? classifiers[0] : undefined };
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

function readAttribute(reader: BinaryReader, found: Found): void {
  let name = "";
  const numbers: number[] = [];
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
      while (reader.pos < last) numbers.push(Number(reader.int64()));
    },
    22: inside(() => sparse),
    23: inside(() => sparse),
  };
  readFields(reader, end, attribute, found);
  if (numbers.length > 0) {
    found.classifiers.push(numbers);
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
