import { type KubernetesObject, objectKey } from "../../render/rendered.ts";
import { type Kubectl, KubectlError, type LiveObject } from "../kubectl.ts";
import { identity } from "./fields.ts";
import { isNodeSetting, type NodeSetting, parseNodeSetting } from "./nodes.ts";
import { APPLY, FIELD_MANAGER } from "./server-side.ts";

/** Where it is kept what a stack consists of, so that what leaves the program can be pruned: a ConfigMap of its namespace. */
export interface InventoryPlace {
  readonly name: string;
  readonly namespace: string;
}

/** What a stack consists of, in whatever namespaces. */
export interface Inventory {
  /** What names each object. */
  readonly objects: readonly KubernetesObject[];
  /** Labels and taints that the stack has put on nodes. */
  readonly nodes: readonly NodeSetting[];
}

const EMPTY: Inventory = { objects: [], nodes: [] };

/** The inventory that the last deployment left; empty where there was none. */
export async function readInventory(kubectl: Kubectl, place: InventoryPlace): Promise<Inventory> {
  const [kept] = await kubectl.get(["configmap", place.name, `--namespace=${place.namespace}`]);
  return kept === undefined ? EMPTY : parseInventory((kept["data"] ?? {}) as Readonly<Record<string, string>>);
}

/** Replaces the inventory. Its namespace must be there. */
export async function writeInventory(kubectl: Kubectl, place: InventoryPlace, inventory: Inventory): Promise<void> {
  const labels = { "app.kubernetes.io/managed-by": FIELD_MANAGER, "app.kubernetes.io/part-of": FIELD_MANAGER };
  const metadata = { ...place, labels };
  await kubectl.onObjects(APPLY, [{ apiVersion: "v1", kind: "ConfigMap", metadata, data: inventoryData(inventory) }]);
}

/** Everything that is in one of two inventories. */
export function union(a: Inventory, b: Inventory): Inventory {
  return { objects: [...a.objects, ...b.objects], nodes: [...a.nodes, ...b.nodes] };
}

/** The inventory as the ConfigMap holds it: a line for each object, and for each setting of a node. */
export function inventoryData({ objects, nodes }: Inventory): Record<string, string> {
  const lines = objects.map(({ apiVersion, kind, metadata }) =>
    [apiVersion, kind, metadata.namespace ?? "-", metadata.name].join(" "),
  );
  const settings = nodes.map(({ node, setting, key, value }) => [node, setting, key, value].join(" "));
  const text = (all: readonly string[]) => [...new Set(all)].toSorted().join("\n");
  return { objects: text(lines), nodes: text(settings) };
}

/** Reads what {@link inventoryData} wrote. Lines of another form are left out. */
export function parseInventory(data: Readonly<Record<string, string>>): Inventory {
  const lines = (key: string) => (data[key] ?? "").split("\n").filter((line) => line !== "");
  const objects = lines("objects").flatMap((line) => {
    const [apiVersion, kind, namespace, name] = line.split(" ");
    if (apiVersion === undefined || kind === undefined || namespace === undefined || name === undefined) return [];
    return [{ apiVersion, kind, metadata: { name, ...(namespace === "-" ? {} : { namespace }) } }];
  });
  return { objects, nodes: lines("nodes").map(parseNodeSetting).filter(isNodeSetting) };
}

/**
 * The objects of an inventory that have left the program, as the cluster holds them. Those that someone else has made
 * anew under the same name are not among them.
 */
export async function leftObjects(
  kubectl: Kubectl,
  before: Inventory,
  wanted: readonly KubernetesObject[],
): Promise<readonly LiveObject[]> {
  const keys = new Set(wanted.map(objectKey));
  const left = before.objects.filter((object) => !keys.has(objectKey(object)));
  return (await getKnown(kubectl, left)).filter(isOurs);
}

/** The live state of objects whose kinds the cluster may have lost in the meantime, and their objects with them. */
async function getKnown(kubectl: Kubectl, objects: readonly KubernetesObject[]): Promise<readonly LiveObject[]> {
  try {
    return await kubectl.getLive(objects.map(identity));
  } catch (error) {
    if (!(error instanceof KubectlError && /no matches for kind/.test(error.message))) throw error;
  }
  const one = (object: KubernetesObject) =>
    kubectl.getLive([identity(object)]).catch((error: unknown) => {
      if (error instanceof KubectlError && /no matches for kind/.test(error.message)) return [];
      throw error;
    });
  const found: LiveObject[] = [];
  for (const object of objects) found.push(...(await one(object)));
  return found;
}

/** Whether this program has applied the object. One applied with nothing but its name is nobody's, as far as can be seen. */
export function isOurs({ metadata: { managedFields = [] } }: LiveObject): boolean {
  const byProgram = managedFields.some(({ manager, operation }) => manager === FIELD_MANAGER && operation === "Apply");
  return byProgram || managedFields.length === 0;
}
