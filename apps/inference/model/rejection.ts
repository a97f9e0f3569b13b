/** How ONNX Runtime reports that a node of the graph did not run; nested graphs give nested reports. */
const NODE = /Non-zero status code returned while running (\w+) node\. Name:'[^']*' Status Message: /g;
/** Causes other than the values: the machine lacks something, or this build of the runtime does. */
const NOT_THE_VALUES = /failed to allocate|out of memory|bad_alloc|not implemented|NOT_IMPLEMENTED/i;
/** A place in the runtime's source: file path and C++ signature, or file name and function name. */
const SOURCE = /^(?:\/\S+:\d+ [^(]*\([^()]*\)(?: const)?(?: \[with [^\]]*\])?|[\w.]+\.(?:cc|h):\d+ \w+(?:\(\))?) /;
/** The condition of a failed assertion, which precedes its message. */
const CONDITION = /^.* was false\. /;
const CODE = /^\[ONNXRuntimeError\] : \d+ : \w+ : /;
const LONGEST = 300;

/**
 * Why an ONNX graph rejects input values, in one line for the caller; undefined if the error has another cause.
 *
 * ONNX Runtime's binding for Node gives no error code, only a message, which says reliably no more than that a node did not
 * run. By then names, types and shapes have been checked against the graph, and operators are deterministic: if the graph has
 * run with other values before, then the operator rejected these.
 */
export function rejectionOf(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message : "";
  const nodes = [...message.matchAll(NODE)];
  const last = nodes.at(-1);
  if (last?.[1] === undefined || NOT_THE_VALUES.test(message)) {
    return undefined;
  }
  const reason = reasonOf(message.slice(last.index + last[0].length));
  return `the model rejects these values (operator ${last[1]})${reason === undefined ? "" : `: ${reason}`}`;
}

/** The reason without references to the runtime's source; undefined if no such sentence is left. */
function reasonOf(status: string): string | undefined {
  let words = status.split("\n", 1)[0] ?? "";
  let before: string;
  do {
    before = words;
    words = words.replace(CODE, "").replace(SOURCE, "").replace(CONDITION, "").trim();
  } while (words !== before);
  return !words.includes(" ") || /::|\/\w+\/|\.(?:cc|h):\d/.test(words) ? undefined : words.slice(0, LONGEST);
}
