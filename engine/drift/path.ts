/** An item of a list: its place, and the fields that tell it from the others where the list goes by such. */
export interface Item {
  /** Place in the cluster's list; of an item that the cluster lacks, in the program's. */
  readonly index: number;
  readonly key?: Readonly<Record<string, unknown>>;
}

/** The way from an object to one of its fields. */
export type FieldPath = readonly (string | Item)[];

/** `[*]` of a path in `ignoreChanges`. */
const EVERY = -1;

/** A path as people read it, such as `spec.template.spec.containers[name=server].image` or `metadata.labels["a.b/c"]`. */
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

/** Whether a path is the other one or lies below it. */
export function isWithin(path: FieldPath, other: FieldPath): boolean {
  return other.length <= path.length && other.every((segment, index) => isSame(segment, path[index]));
}

function isSame(a: string | Item, b: string | Item | undefined): boolean {
  if (typeof a === "string" || typeof b === "string" || b === undefined) return a === b;
  return a.index === EVERY || a.index === b.index;
}

/** The value at a path; undefined where there is none. Items of a list are found by their key, else by their place. */
export function valueAt(value: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>((part, segment) => {
    if (typeof segment === "string") return isFields(part) ? part[segment] : undefined;
    if (!Array.isArray(part)) return undefined;
    const { key, index } = segment;
    return key === undefined ? part[index] : part.find((item) => hasKey(item, key));
  }, value);
}

/** Whether an item of a list is the one with a key. Fields of the key that the item leaves out are the cluster's defaults. */
export function hasKey(item: unknown, key: Readonly<Record<string, unknown>>): boolean {
  if (!isFields(item)) return false;
  const given = Object.entries(key).filter(([name]) => item[name] !== undefined);
  return given.length > 0 && given.every(([name, value]) => item[name] === value);
}

/** Whether a value is an object with fields. */
export function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
