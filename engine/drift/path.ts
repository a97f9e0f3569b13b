/** An item of a list: its index, and the fields that identify it, if the list has such fields. */
export interface Item {
  /** Index in the cluster's list; in the program's list if the cluster lacks the item. */
  readonly index: number;
  readonly key?: Readonly<Record<string, unknown>>;
}

/** The path from an object to one of its fields. */
export type FieldPath = readonly (string | Item)[];

/** `[*]` of a path in `ignoreChanges`. */
const EVERY = -1;

/** A path as readable text, such as `spec.template.spec.containers[name=server].image` or `metadata.labels["a.b/c"]`. */
export function pathText(path: FieldPath): string {
  return path.reduce<string>((text, segment) => {
    if (typeof segment !== "string") return `${text}[${itemText(segment)}]`;
    if (!/^[A-Za-z_][\w-]*$/.test(segment)) return `${text}[${JSON.stringify(segment)}]`;
    return text === "" ? segment : `${text}.${segment}`;
  }, "");
}

function itemText({ index, key }: Item): string {
  if (key === undefined) return String(index);
  return Object.entries(key)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}

/** Reads a path as the engine writes it, such as `data["tls.crt"]` or `spec.rules[1].backendRefs`. */
export function parsePath(text: string): FieldPath {
  const parts = text.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|([^.[\]]+)/g);
  return [...parts].map(([, quoted, index, plain]) => {
    if (index !== undefined) return { index: index === "*" ? EVERY : Number(index) };
    return quoted?.replaceAll(/\\(.)/g, "$1") ?? plain ?? "";
  });
}

/** Whether a path is the other one or below it. */
export function isWithin(path: FieldPath, other: FieldPath): boolean {
  return other.length <= path.length && other.every((segment, index) => isSame(segment, path[index]));
}

function isSame(a: string | Item, b: string | Item | undefined): boolean {
  if (typeof a === "string" || typeof b === "string" || b === undefined) return a === b;
  return a.index === EVERY || a.index === b.index;
}

/** The value at a path; undefined if there is none. List items are found by their key, otherwise by their index. */
export function valueAt(value: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>((part, segment) => {
    if (typeof segment === "string") return isFields(part) ? part[segment] : undefined;
    if (!Array.isArray(part)) return undefined;
    const { key, index } = segment;
    return key === undefined ? part[index] : part.find((item) => hasKey(item, key));
  }, value);
}

/** Whether a list item has a key. Key fields that the item does not set are the cluster's defaults. */
export function hasKey(item: unknown, key: Readonly<Record<string, unknown>>): boolean {
  if (!isFields(item)) return false;
  const given = Object.entries(key).filter(([name]) => item[name] !== undefined);
  return given.length > 0 && given.every(([name, value]) => item[name] === value);
}

/** Whether a value is an object with fields. */
export function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
