const BLANKS = /[\t\n\r ]*/y;
/** A number, or as much of one as is there. */
const NUMBER = /-?(?:(?:0|[1-9]\d*)(?:\.(?:\d+(?:[eE][+-]?\d*)?)?|[eE][+-]?\d*)?)?/y;
const LITERALS = ["true", "false", "null"];
const CHARACTERS = /[\u0020\u0021\u0023-\u005b\u005d-\uffff]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const BEGUN_ESCAPE = /\\(?:u[0-9a-fA-F]*)?/y;

/**
 * Where a text stops being JSON: its length where it ends too soon or is JSON after all. V8's own messages say so for some
 * mistakes only, and quote the text around the others.
 */
export function faultIn(text: string): number {
  /** What is open: the brackets that would end it. */
  const open: string[] = [];
  let at = match(BLANKS, text, 0);
  for (;;) {
    const begun = beginValue(text, at, open);
    if (!begun.whole) {
      return begun.at;
    }
    at = begun.at;
    // After a value: what ends there, and then the next one, or the end.
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
      if (!name.whole) {
        return name.at;
      }
      at = name.at;
    }
  }
}

/** How far something was read, with the blanks after it, and whether to its end. */
interface Read {
  readonly at: number;
  readonly whole: boolean;
}

/** Reads a value that is not nested, or the beginnings of nested ones down to the first that is none or is empty. */
function beginValue(text: string, from: number, open: string[]): Read {
  let at = from;
  for (;;) {
    const char = text[at];
    if (char === "[" || char === "{") {
      open.push(char === "[" ? "]" : "}");
      at = match(BLANKS, text, at + 1);
      if (text[at] === open.at(-1)) {
        return { at, whole: true };
      }
      if (char === "{") {
        const name = skipName(text, at);
        if (!name.whole) {
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
  const whole = literal === undefined ? /\d/.test(text[at - 1] ?? "") && at > from : at - from === literal.length;
  return { at: whole ? match(BLANKS, text, at) : at, whole };
}

function skipName(text: string, from: number): Read {
  const name = text[from] === '"' ? skipString(text, from) : { at: from, whole: false };
  if (!name.whole || text[name.at] !== ":") {
    return { at: name.at, whole: false };
  }
  return { at: match(BLANKS, text, name.at + 1), whole: true };
}

function skipString(text: string, from: number): Read {
  let at = match(CHARACTERS, text, from + 1);
  while (text[at] === "\\") {
    const end = match(ESCAPE, text, at);
    if (end === at) {
      return { at: match(BEGUN_ESCAPE, text, at), whole: false };
    }
    at = match(CHARACTERS, text, end);
  }
  return text[at] === '"' ? { at: match(BLANKS, text, at + 1), whole: true } : { at, whole: false };
}

/** Where the match that begins at `at` ends; `at` where there is none. */
function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
