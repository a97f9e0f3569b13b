import { isDeepStrictEqual } from "node:util";
import type { LiveObject } from "../../cluster/kubectl.ts";
import { type FieldPath, hasKey, type Item, isFields, valueAt } from "./path.ts";

/** Fields with the names of `fieldsV1`: `f:name` a field, `k:{…}` an item by its key, `v:…` an item by its value, `.` the object itself. */
interface FieldTree {
  readonly [name: string]: FieldTree;
}

/** The fields of one writer. @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management */
interface ManagedFields {
  readonly manager?: string;
  readonly time?: string;
  readonly subresource?: string;
  readonly fieldsV1?: FieldTree;
}

/** The field manager that has set a field. */
export interface Writer {
  /** Name of the field manager, such as `kubectl-edit`. */
  readonly manager: string;
  /** When it last changed one of its fields of the object, as the API server writes it. */
  readonly time?: string;
}

/** How list items are identified: not at all, by their value, or by some of their fields. */
export type ListType = "atomic" | "set" | readonly string[];

/** Field managers that are controllers: their additions are not changes by people. */
const CONTROLLER =
  /controller|operator|scheduler|autoscaler|provisioner|webhook|injector|^kube(let$|-)|^(traefik|istiod|pilot-discovery|envoy-gateway|cilium|karpenter|keda|kueue|kyverno|manager|before-first-apply)/;

/** Whether a field manager is a controller and not a person's tool. */
export function isController({ manager }: Writer): boolean {
  return CONTROLLER.test(manager);
}

/** The last writer of a field other than Pulumi; undefined if unknown. */
export function writerOf(live: LiveObject, path: FieldPath): Writer | undefined {
  const writers = others(live).filter(({ fieldsV1 }) => covers(fieldsV1 ?? {}, path, live));
  const [last] = writers.toSorted((a, b) => (b.time ?? "").localeCompare(a.time ?? ""));
  return last && writer(last);
}

/** How the cluster identifies the items of a list. */
export function listTypeAt(live: LiveObject, path: FieldPath): ListType {
  for (const { fieldsV1 } of entries(live)) {
    const names = Object.keys(nodeAt(fieldsV1 ?? {}, path, live) ?? {});
    const key = names.find((name) => name.startsWith("k:"));
    if (key !== undefined) return Object.keys(parsed(key));
    if (names.some((name) => name.startsWith("v:"))) return "set";
  }
  return "atomic";
}

/**
 * Fields that people have set and Pulumi has not.
 *
 * @param isWhole whether an added list item is returned as one path, without its fields
 */
export function setByPeople(
  live: LiveObject,
  isWhole: (path: FieldPath) => boolean,
): readonly { readonly path: FieldPath; readonly by: Writer }[] {
  const own = entries(live).filter(isPulumi);
  return others(live)
    .filter((entry) => entry.subresource !== "status" && !isController(writer(entry)))
    .flatMap((entry) => leaves(entry.fieldsV1 ?? {}, [], live, isWhole).map((path) => ({ path, by: writer(entry) })))
    .filter(({ path }) => !own.some(({ fieldsV1 }) => covers(fieldsV1 ?? {}, path, live)));
}

function entries({ metadata }: LiveObject): readonly ManagedFields[] {
  return (Reflect.get(metadata, "managedFields") as readonly ManagedFields[] | undefined) ?? [];
}

function others(live: LiveObject): readonly ManagedFields[] {
  return entries(live).filter((entry) => !isPulumi(entry));
}

/** The provider's field managers are called `pulumi-kubernetes-<8 hexadecimal digits>`. */
function isPulumi({ manager }: ManagedFields): boolean {
  return manager?.startsWith("pulumi-") ?? false;
}

function writer({ manager, time }: ManagedFields): Writer {
  return { manager: manager ?? "unknown", ...(time === undefined ? {} : { time }) };
}

/** Whether a tree contains a field or a part of it. A list or map without children in the tree is contained as a whole. */
function covers(tree: FieldTree, path: FieldPath, live: unknown): boolean {
  const whole = path.some((_, length) => {
    const node = length === 0 ? undefined : nodeAt(tree, path.slice(0, length), live);
    return node !== undefined && Object.keys(node).length === 0;
  });
  return whole || nodeAt(tree, path, live) !== undefined;
}

function nodeAt(tree: FieldTree, path: FieldPath, live: unknown): FieldTree | undefined {
  return path.reduce<FieldTree | undefined>((node, segment, depth) => {
    if (node === undefined || typeof segment === "string") return node?.[`f:${segment}`];
    const item = valueAt(live, path.slice(0, depth + 1));
    const name = Object.keys(node).find((each) => isNameOf(each, item));
    return name === undefined ? undefined : node[name];
  }, tree);
}

function isNameOf(name: string, item: unknown): boolean {
  if (name.startsWith("k:")) return hasKey(item, parsed(name));
  return name.startsWith("v:") && isDeepStrictEqual(JSON.parse(name.slice(2)), item);
}

function parsed(name: string): Readonly<Record<string, unknown>> {
  return JSON.parse(name.slice(2)) as Record<string, unknown>;
}

function leaves(tree: FieldTree, path: FieldPath, live: unknown, isWhole: (path: FieldPath) => boolean): FieldPath[] {
  const parts = Object.entries(tree).filter(([name]) => name !== ".");
  if (parts.length === 0) return path.length === 0 ? [] : [path];
  if (typeof path.at(-1) === "object" && "." in tree && isWhole(path)) return [path];
  return parts.flatMap(([name, part]) => {
    const segment = segmentOf(name, valueAt(live, path));
    return segment === undefined ? [] : leaves(part, [...path, segment], live, isWhole);
  });
}

function segmentOf(name: string, list: unknown): string | Item | undefined {
  if (name.startsWith("f:")) return name.slice(2);
  if (!Array.isArray(list)) return undefined;
  const index = list.findIndex((item) => isNameOf(name, item));
  if (index === -1) return undefined;
  return name.startsWith("k:") && isFields(list[index]) ? { index, key: parsed(name) } : { index };
}
