const BLANKS = /[\t\n\r ]*/y;
/** A number, or the beginning of one. */
const NUMBER = /-?(?:(?:0|[1-9]\d*)(?:\.(?:\d+(?:[eE][+-]?\d*)?)?|[eE][+-]?\d*)?)?/y;
const LITERALS = ["true", "false", "null"];
const CHARACTERS = /[\u0020\u0021\u0023-\u005b\u005d-\uffff]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const BEGUN_ESCAPE = /\\(?:u[0-9a-fA-F]*)?/y;

/**
 * The index at which a text stops being JSON; its length if it ends too early or is valid. V8's messages give the position of
 * some errors only, and quote the text around others.
 */
export function errorPosition(text: string): number {
  /** The closing brackets of all open lists and objects. */
  const open: string[] = [];
  let at = match(BLANKS, text, 0);
  for (;;) {
    const value = beginValue(text, at, open);
    if (!value.complete) {
      return value.at;
    }
    at = value.at;
    // After a value: closing brackets, then a comma or the end.
    while (open.length > 0 && text[at] === open.at(-1)) {
      open.pop();
      at = match(BLANKS, text, at + 1);
    }
    if (open.length === 0 || text[at] !== ",") {
      return at;
    }
    at = match(BLANKS, text, at + 1);
    if (open.at(-1) === "}") {
      const name = skipName(text, at);
      if (!name.complete) {
        return name.at;
      }
      at = name.at;
    }
  }
}

/** The index after something that was read and its trailing blanks, and whether it was complete. */
interface Read {
  readonly at: number;
  readonly complete: boolean;
}

/** Reads a scalar, or opening brackets down to the first scalar or empty list or object. */
function beginValue(text: string, from: number, open: string[]): Read {
  let at = from;
  for (;;) {
    const char = text[at];
    if (char === "[" || char === "{") {
      open.push(char === "[" ? "]" : "}");
      at = match(BLANKS, text, at + 1);
      if (text[at] === open.at(-1)) {
        return { at, complete: true };
      }
      if (char === "{") {
        const name = skipName(text, at);
        if (!name.complete) {
          return name;
        }
        at = name.at;
      }
    } else if (char === '"') {
      return skipString(text, at);
    } else {
      return skipScalar(text, at);
    }
  }
}

function skipScalar(text: string, from: number): Read {
  const literal = LITERALS.find((word) => word[0] === text[from]);
  let at = literal === undefined ? match(NUMBER, text, from) : from;
  while (literal !== undefined && at - from < literal.length && text[at] === literal[at - from]) {
    at += 1;
  }
  const complete = literal === undefined ? /\d/.test(text[at - 1] ?? "") && at > from : at - from === literal.length;
  return { at: complete ? match(BLANKS, text, at) : at, complete };
}

function skipName(text: string, from: number): Read {
  const name = text[from] === '"' ? skipString(text, from) : { at: from, complete: false };
  if (!name.complete || text[name.at] !== ":") {
    return { at: name.at, complete: false };
  }
  return { at: match(BLANKS, text, name.at + 1), complete: true };
}

function skipString(text: string, from: number): Read {
  let at = match(CHARACTERS, text, from + 1);
  while (text[at] === "\\") {
    const end = match(ESCAPE, text, at);
    if (end === at) {
      return { at: match(BEGUN_ESCAPE, text, at), complete: false };
    }
    at = match(CHARACTERS, text, end);
  }
  return text[at] === '"' ? { at: match(BLANKS, text, at + 1), complete: true } : { at, complete: false };
}

/** The end of the match that begins at `at`; `at` if there is none. */
function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
