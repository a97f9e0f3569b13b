import { isDeepStrictEqual } from "node:util";

/** How far a layer of settings contains the path of a setting in the merged settings. */
export interface PathMatch {
  /** The part that it contains, with the layer's own indices. */
  readonly path: string;
  /** The part that it does not contain. */
  readonly rest: string;
  /** Whether the layer replaces everything that the layers below it have there. */
  readonly replaces: boolean;
}

/** Whether two items of the list under a key stand for the same thing; undefined for a list that is replaced as a whole. */
export type SameItem = (key: string) => ((one: unknown, other: unknown) => boolean) | undefined;

/**
 * Looks for the setting at a path of merged settings in one of their layers.
 *
 * @param layer the settings of the layer
 * @param merged the settings of all layers
 * @param path such as `models[1].versions[0].name`; a step may contain dots if it is a key of the layer
 */
export function matchPath(
  layer: unknown,
  merged: unknown,
  path: string,
  sameItem: SameItem = () => undefined,
): PathMatch {
  return match({ layer, merged, key: "", path: "", rest: path }, sameItem);
}

interface Position {
  readonly layer: unknown;
  readonly merged: unknown;
  /** Key of the settings at this position. */
  readonly key: string;
  readonly path: string;
  readonly rest: string;
}

function match(position: Position, sameItem: SameItem): PathMatch {
  const { layer, merged, path, rest } = position;
  if (rest === "") return { path, rest, replaces: true };
  if (Array.isArray(layer)) return matchItem(layer, position, sameItem);
  if (!isObject(layer)) return { path, rest, replaces: true };
  const dot = path === "" ? "" : ".";
  // Of keys with dots, the longest one is meant.
  const [key] = Object.keys(layer)
    .filter((name) => beginsWithStep(rest, `${dot}${name}`))
    .toSorted((a, b) => b.length - a.length);
  if (key === undefined) return { path, rest, replaces: false };
  const step = `${dot}${key}`;
  const below = isObject(merged) ? merged[key] : undefined;
  return match({ layer: layer[key], merged: below, key, path: path + step, rest: rest.slice(step.length) }, sameItem);
}

function matchItem(layer: readonly unknown[], { merged, key, path, rest }: Position, sameItem: SameItem): PathMatch {
  const [step = "", number = ""] = /^\[([0-9]+)\]/.exec(rest) ?? [];
  const item: unknown = Array.isArray(merged) ? merged[Number(number)] : undefined;
  const same = sameItem(key);
  const matches = same === undefined ? isDeepStrictEqual : same;
  const sameIndex = step !== "" && isDeepStrictEqual(layer[Number(number)], item);
  const index = sameIndex ? Number(number) : layer.findIndex((other) => matches(other, item));
  if (step === "" || index < 0) return { path, rest, replaces: same === undefined };
  const position = {
    layer: layer[index],
    merged: item,
    key: "",
    path: `${path}[${index}]`,
    rest: rest.slice(step.length),
  };
  return match(position, sameItem);
}

function beginsWithStep(text: string, step: string): boolean {
  return text.startsWith(step) && ["", ".", "["].includes(text.charAt(step.length));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
