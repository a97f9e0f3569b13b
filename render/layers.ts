/** One stack file, or several merged ones, as parsed YAML. */
export type Settings = Readonly<Record<string, unknown>>;

/**
 * Lists that are merged item by item, and the settings that identify an item: the first of these settings that it has. Any
 * other list replaces the list from earlier files. `models` also matches the stack's own key, whatever project name precedes
 * it.
 */
const ITEM_KEYS: Readonly<Record<string, readonly string[]>> = {
  models: ["name", "model"],
  versions: ["version"],
  jobs: ["name"],
  cronJobs: ["name"],
  batchJobs: ["name"],
};

/**
 * Merges stack files, later ones over earlier ones: objects key by key, models by name, versions by number, training runs by
 * name. Any other value, including a list, replaces the one below it, and `null` removes a setting.
 */
export function layerSettings(layers: readonly Settings[]): Settings {
  return layers.reduce((below, above) => layerObject(below, above), {});
}

function layerObject(below: Settings, above: Settings): Settings {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    if (value === null) delete merged[key];
    else merged[key] = layerValue(key, below[key], value);
  }
  return merged;
}

/** The settings that identify an item of a list that is merged item by item; undefined for any other list. */
export function itemKeysOf(key: string): readonly string[] | undefined {
  return ITEM_KEYS[key.slice(key.lastIndexOf(":") + 1)];
}

function layerValue(key: string, below: unknown, above: unknown): unknown {
  if (isObject(above)) return layerObject(isObject(below) ? below : {}, above);
  const itemKeys = itemKeysOf(key);
  if (!isList(above) || itemKeys === undefined) return above;
  return layerItems(itemKeys, isList(below) ? below : [], above);
}

function layerItems(itemKeys: readonly string[], below: readonly unknown[], above: readonly unknown[]): unknown[] {
  const items = [...below];
  for (const item of above) {
    // Do not match items of the same file: two items with one name there are a mistake to report, not one item.
    const found = below.findIndex((other) => isSameItem(itemKeys, other, item));
    const lower = items[found];
    if (!isObject(item)) items.push(item);
    else if (isObject(lower)) items[found] = layerObject(lower, item);
    else items.push(layerObject({}, item));
  }
  return items;
}

/** Whether two items of a list stand for the same thing. */
export function isSameItem(itemKeys: readonly string[], one: unknown, other: unknown): boolean {
  const name = identity(itemKeys, one);
  return name !== undefined && name === identity(itemKeys, other);
}

function identity(itemKeys: readonly string[], item: unknown): unknown {
  return isObject(item) ? itemKeys.map((key) => item[key]).find((value) => value !== undefined) : undefined;
}

export function isObject(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
