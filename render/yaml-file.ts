import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type YAMLError } from "yaml";
import { errorMessage } from "../common/errors.ts";

/** More nodes than any stack file has behind its aliases; fewer than it takes to fill the memory. */
const MAX_ALIASED_NODES = 100_000;

/** Tags that say of a value what it is anyway, or that a number is text. */
const TAGS = ["str", "int", "float", "bool", "null", "map", "seq", "merge"].map((tag) => `tag:yaml.org,2002:${tag}`);

/** The steps from the root of a file to one of its values. */
export type YamlPath = readonly (string | number)[];

/** The content of a YAML file. */
export interface YamlContent {
  readonly content: unknown;
  /** Settings with nothing after the colon. YAML reads them as null, which most people do not mean. */
  readonly empty: readonly YamlPath[];
  /** What is wrong with the file, one sentence each. */
  readonly problems: readonly string[];
}

/**
 * Reads a YAML file as strictly as a setting deserves: one document, every key once, no tags of other programs. Merge keys
 * (`<<`) and aliases are resolved.
 */
export function parseYamlFile(bytes: Uint8Array): YamlContent {
  const text = decode(bytes);
  if (text === undefined) {
    return { content: {}, empty: [], problems: ["is neither UTF-8 nor UTF-16; save it as UTF-8"] };
  }
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { merge: true, prettyErrors: false, lineCounter: lines, logLevel: "error" });
  const documents = [...parsed].filter(({ contents, errors }) => !isNothing(contents) || errors.length > 0);
  const [document] = documents;
  if (document === undefined) return { content: {}, empty: [], problems: [] };
  const lineOf = (offset: number) => `line ${lines.linePos(offset).line}`;
  const problems = [...document.errors, ...document.warnings].map(
    (problem) => `${lineOf(problem.pos[0])}: ${describe(problem, text)}`,
  );
  if (documents.length > 1 && problems.length === 0) {
    problems.push(`has ${documents.length} documents, separated by ---; keep one`);
  }
  const empty: YamlPath[] = [];
  if (problems.length === 0) {
    inspect(document.contents, [], {
      empty: (path) => empty.push(path),
      problem: (offset, message) => problems.push(`${lineOf(offset)}: ${message}`),
    });
  }
  if (problems.length > 0) return { content: {}, empty: [], problems };
  try {
    return { content: document.toJS({ maxAliasCount: MAX_ALIASED_NODES }) ?? {}, empty, problems };
  } catch (error) {
    return { content: {}, empty: [], problems: [errorMessage(error)] };
  }
}

/** The text of a file; undefined if it is in another encoding. @see https://yaml.org/spec/1.2.2/#52-character-encodings */
function decode(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  const little = (first === 0xff && second === 0xfe) || (first !== 0 && second === 0);
  const big = (first === 0xfe && second === 0xff) || (first === 0 && second !== 0);
  try {
    const text = new TextDecoder(little ? "utf-16le" : big ? "utf-16be" : "utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

function describe({ code, message, pos }: YAMLError, text: string): string {
  const source = text.slice(pos[0]);
  switch (code) {
    case "DUPLICATE_KEY":
      return `${keyAt(source)} is given twice; keep one`;
    case "TAB_AS_INDENT":
      return "is indented with a tab, which YAML does not allow; use spaces";
    case "TAG_RESOLVE_FAILED":
      return unknownTag(/^![^\s,[\]{}]*/.exec(source)?.[0] ?? message);
    default:
      return message;
  }
}

function keyAt(source: string): string {
  return /^("[^"]*"|'[^']*'|\S+?)(?=\s*:(\s|$))/.exec(source)?.[0] ?? "a key";
}

function unknownTag(tag: string): string {
  return `the tag ${tag} means nothing here; write the value itself`;
}

interface Findings {
  readonly empty: (path: YamlPath) => void;
  readonly problem: (offset: number, message: string) => void;
}

/** Looks for empty values, tags of other programs, and keys that differ in YAML but not as names of settings. */
function inspect(node: unknown, path: YamlPath, findings: Findings): void {
  if (isAlias(node)) return;
  if (isScalar(node) || isMap(node) || isSeq(node)) {
    const { tag, range } = node;
    if (tag !== undefined && !TAGS.includes(tag)) {
      findings.problem(range?.[0] ?? 0, unknownTag(tag.replace("tag:yaml.org,2002:", "!!")));
    }
  }
  if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) child(item, [...path, index], findings);
  }
  if (isMap(node)) {
    const names = new Set<string>();
    for (const { key, value } of node.items) {
      const name = String(isScalar(key) ? key.value : key);
      if (names.has(name))
        findings.problem(isScalar(key) ? (key.range?.[0] ?? 0) : 0, `${name} is given twice; keep one`);
      names.add(name);
      child(value, [...path, name], findings);
    }
  }
}

function child(value: unknown, path: YamlPath, findings: Findings): void {
  if (isNothing(value)) findings.empty(path);
  else inspect(value, path, findings);
}

/** Whether nothing is written where a value could be. */
function isNothing(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null && (node.source ?? "") === "");
}
