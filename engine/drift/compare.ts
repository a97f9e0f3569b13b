import { isDeepStrictEqual } from "node:util";
import type { LiveObject } from "../../cluster/kubectl.ts";
import { type ListType, listTypeAt } from "./field-owners.ts";
import { type FieldPath, hasKey, type Item, isFields, isWithin, parsePath, valueAt } from "./path.ts";
import type { StackObject } from "./refresh.ts";
import { sameValue } from "./same-value.ts";

/** The engine's placeholder for a secret. */
const SECRET = "[secret]";

/** A field that differs from the program. */
export interface Difference {
  readonly path: FieldPath;
  /** Undefined if the program does not set it. */
  readonly program?: unknown;
  /** Undefined if the cluster does not have it. */
  readonly cluster?: unknown;
  /** Whether the values are left out because they are secret. */
  readonly secret?: true;
}

interface Sides {
  readonly program: unknown;
  readonly cluster: unknown;
  /** The cluster's value right after the last deployment. */
  readonly recorded: unknown;
}

/**
 * The fields of an object that differ from the program. Ignored fields are left out, and so are values that the cluster itself
 * had changed right after the deployment: defaults, and other spellings of the same value.
 */
export function differences(object: StackObject, live: LiveObject): Difference[] {
  const ignored = [["status"], ...object.ignored.map(parsePath)];
  const sides = { program: object.program, cluster: live, recorded: object.recorded };
  const secrets = secretPaths(object);
  const found = new Comparison(live).differences(sides, [], false);
  const plain = found.filter(({ path }) => !isAmong(path, secrets));
  return [...plain, ...secretDifferences(object, secrets)].filter(({ path }) => !isAmong(path, ignored));
}

/** Whether a path is one of `others`, or lies below one of them. */
export function isAmong(path: FieldPath, others: readonly FieldPath[]): boolean {
  return others.some((other) => isWithin(path, other));
}

/** Paths of an object's secret values. The program's `stringData` is the cluster's `data`. */
export function secretPaths({ program }: StackObject): FieldPath[] {
  const own = program.kind === "Secret" ? [["data"], ["stringData"]] : [];
  return [...own, ...pathsOfSecrets(program, [])];
}

function pathsOfSecrets(value: unknown, path: FieldPath): FieldPath[] {
  if (value === SECRET) return [path];
  if (Array.isArray(value)) return value.flatMap((item, index) => pathsOfSecrets(item, [...path, { index }]));
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([name, part]) => pathsOfSecrets(part, [...path, name]));
}

/** Only the engine can compare secrets: it knows their values, and says only which of them differ. */
function secretDifferences({ changes }: StackObject, secrets: readonly FieldPath[]): Difference[] {
  return Object.keys(changes)
    .map(parsePath)
    .filter((path) => secrets.some((secret) => isWithin(path, secret) || isWithin(secret, path)))
    .map((path) => ({ path, secret: true }));
}

/** Compares fields with those of an object in the cluster, whose managed fields say how list items are identified. */
class Comparison {
  readonly #live: LiveObject;

  constructor(live: LiveObject) {
    this.#live = live;
  }

  /** @param whole whether the fields are part of an atomic list, in which fields that the program does not set count as well */
  differences(sides: Sides, path: FieldPath, whole: boolean): Difference[] {
    const { program, cluster, recorded } = sides;
    if (program === SECRET || isDeepStrictEqual(cluster, recorded)) return [];
    if (program === undefined || program === null) {
      return whole && cluster !== undefined ? [{ path, cluster }] : [];
    }
    if (isFields(program) && isFields(cluster)) return this.#ofFields(program, cluster, recorded, path, whole);
    if (Array.isArray(program) && Array.isArray(cluster)) return this.#ofLists(program, cluster, recorded, path, whole);
    return sameValue(path, program, cluster) ? [] : [{ path, ...present({ program, cluster }) }];
  }

  #ofFields(
    program: Readonly<Record<string, unknown>>,
    cluster: Readonly<Record<string, unknown>>,
    recorded: unknown,
    path: FieldPath,
    whole: boolean,
  ): Difference[] {
    const names = whole ? new Set([...Object.keys(program), ...Object.keys(cluster)]) : Object.keys(program);
    return [...names].flatMap((name) =>
      this.differences(
        { program: program[name], cluster: cluster[name], recorded: valueAt(recorded, [name]) },
        [...path, name],
        whole,
      ),
    );
  }

  #ofLists(
    program: readonly unknown[],
    cluster: readonly unknown[],
    recorded: unknown,
    path: FieldPath,
    whole: boolean,
  ): Difference[] {
    const type = whole ? "atomic" : listTypeAt(this.#live, path);
    if (type === "atomic") {
      return [...(program.length > cluster.length ? program : cluster)].flatMap((_, index) => {
        const place = { index };
        const sides = { program: program[index], cluster: cluster[index], recorded: valueAt(recorded, [place]) };
        return this.differences(sides, [...path, place], true);
      });
    }
    return program.flatMap((item, index) => {
      const place = placeIn(type, cluster, item, index);
      const other = type === "set" ? cluster.find((each) => sameValue(path, item, each)) : valueAt(cluster, [place]);
      return this.differences(
        { program: item, cluster: other, recorded: valueAt(recorded, [place]) },
        [...path, place],
        false,
      );
    });
  }
}

/** The index of one of the program's items in the cluster's list, and its key. */
function placeIn(type: Exclude<ListType, "atomic">, cluster: readonly unknown[], item: unknown, index: number): Item {
  if (type === "set" || !isFields(item)) return { index };
  const key = Object.fromEntries(type.filter((name) => item[name] !== undefined).map((name) => [name, item[name]]));
  if (Object.keys(key).length === 0) return { index };
  const found = cluster.findIndex((each) => hasKey(each, key));
  return { index: found === -1 ? index : found, key };
}

function present({ program, cluster }: Omit<Sides, "recorded">): Pick<Difference, "program" | "cluster"> {
  return { ...(program === undefined ? {} : { program }), ...(cluster === undefined ? {} : { cluster }) };
}
