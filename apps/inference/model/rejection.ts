/** How ONNX Runtime begins to say that a node of the graph did not run; where graphs are nested, so are these. */
const NODE = /Non-zero status code returned while running (\w+) node\. Name:'[^']*' Status Message: /g;
/** Not the values, or not they alone: what the machine lacks, or this build of the runtime. */
const NOT_THE_VALUES = /failed to allocate|out of memory|bad_alloc|not implemented|NOT_IMPLEMENTED/i;
/** Where in the runtime's own source: a file by its path and a function by its C++ signature, or both by their names. */
const SOURCE = /^(?:\/\S+:\d+ [^(]*\([^()]*\)(?: const)?(?: \[with [^\]]*\])?|[\w.]+\.(?:cc|h):\d+ \w+(?:\(\))?) /;
/** Before what a failed assertion says in words stands its condition. */
const CONDITION = /^.* was false\. /;
const CODE = /^\[ONNXRuntimeError\] : \d+ : \w+ : /;
const LONGEST = 300;

/**
 * What an ONNX graph says of values that it refuses, in one line for the caller; undefined where the error is of another
 * kind.
 *
 * ONNX Runtime's binding for Node gives no error code, only a message, and that a node did not run is all of it that can be
 * told for certain. Names, types and shapes have been checked against the graph by then, and the processor's operators
 * compute the same for the same values: in a graph that has answered other values before, it is these ones that the
 * operator refused.
 */
export function refusalOf(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message : "";
  const nodes = [...message.matchAll(NODE)];
  const last = nodes.at(-1);
  if (last?.[1] === undefined || NOT_THE_VALUES.test(message)) {
    return undefined;
  }
  const words = wordsOf(message.slice(last.index + last[0].length));
  return `the model refuses these values (operator ${last[1]})${words === undefined ? "" : `: ${words}`}`;
}

/** The reason without the runtime's source; undefined where no sentence is left, or one with some of it still in it. */
function wordsOf(status: string): string | undefined {
  let words = status.split("\n", 1)[0] ?? "";
  let before: string;
  do {
    before = words;
    words = words.replace(CODE, "").replace(SOURCE, "").replace(CONDITION, "").trim();
  } while (words !== before);
  return !words.includes(" ") || /::|\/\w+\/|\.(?:cc|h):\d/.test(words) ? undefined : words.slice(0, LONGEST);
}
