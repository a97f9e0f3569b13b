import type { KubernetesObject } from "../../render/rendered.ts";
import { UserError } from "../errors.ts";
import type { Kubectl, LiveObject } from "../kubectl.ts";
import { valueAt } from "./fields.ts";

/**
 * One label or taint that a stack puts on a node. Set one by one and not as an applied object: a node's taints are one
 * list with one owner, and the cluster's own taints are in it.
 */
export interface NodeSetting {
  readonly node: string;
  readonly setting: "label" | "taint";
  readonly key: string;
  /** Value of the label, or `value:effect` of the taint. */
  readonly value: string;
}

/** What a deployment changes on nodes. */
export interface NodePlan {
  readonly add: readonly NodeSetting[];
  /** What the stack has set before and no longer wants. */
  readonly remove: readonly NodeSetting[];
}

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** Whether a rendered object is a patch of a node, which no program makes or deletes. */
export function isNodePatch({ kind, apiVersion }: KubernetesObject): boolean {
  return kind === "Node" && apiVersion === "v1";
}

/** The labels and taints that a patch of a node sets. @throws UserError for anything else in it */
export function nodeSettings(patch: KubernetesObject): NodeSetting[] {
  const node = patch.metadata.name;
  const { taints, ...others } = (patch["spec"] ?? {}) as { taints?: readonly Taint[] };
  const [other] = Object.keys(others);
  if (other !== undefined)
    throw new UserError(`Node ${node}: spec.${other} cannot be set`, "set labels and taints only");
  return [...labelsOf(patch), ...taintsOf(node, taints ?? [])];
}

function labelsOf({ metadata: { name: node, labels = {} } }: KubernetesObject): NodeSetting[] {
  return Object.entries(labels).map(([key, value]) => ({ node, setting: "label", key, value }));
}

function taintsOf(node: string, taints: readonly Taint[]): NodeSetting[] {
  return taints.map(({ key, value = "", effect }) => ({ node, setting: "taint", key, value: `${value}:${effect}` }));
}

/**
 * Compares what nodes should have with what they have. Changes nothing.
 *
 * @param before what the last deployment of the stack had set
 * @throws UserError where a node is not there
 */
export async function planNodes(
  kubectl: Kubectl,
  wanted: readonly NodeSetting[],
  before: readonly NodeSetting[],
): Promise<NodePlan> {
  if (wanted.length === 0 && before.length === 0) return { add: [], remove: [] };
  return compareNodes(await kubectl.get(["nodes"]), wanted, before);
}

/** {@link planNodes}, for nodes that have been read. @throws UserError where a node is not there */
export function compareNodes(
  nodes: readonly LiveObject[],
  wanted: readonly NodeSetting[],
  before: readonly NodeSetting[],
): NodePlan {
  const names = new Set(nodes.map(({ metadata }) => metadata.name));
  const missing = wanted.find(({ node }) => !names.has(node));
  if (missing !== undefined) {
    throw new UserError(
      `there is no node ${missing.node}, which the stack labels; there is ${[...names].toSorted().join(", ")}`,
      "name a node of the cluster, or take it out of the stack file",
    );
  }
  const present = new Set(
    nodes.flatMap((node) => {
      const taints = (valueAt(node, "spec.taints") ?? []) as readonly Taint[];
      return [...labelsOf(node), ...taintsOf(node.metadata.name, taints)].map(text);
    }),
  );
  const kept = new Set(wanted.map(place));
  return {
    add: wanted.filter((setting) => !present.has(text(setting))),
    remove: before.filter((setting) => !kept.has(place(setting)) && present.has(text(setting))),
  };
}

/** Carries out a plan. */
export async function applyNodes(kubectl: Kubectl, { add, remove }: NodePlan): Promise<void> {
  for (const { node, setting, key, value } of remove) {
    const effect = setting === "taint" ? value.slice(value.lastIndexOf(":")) : "";
    await kubectl.run([setting, "node", node, `${key}${effect}-`]);
  }
  for (const { node, setting, key, value } of add) {
    await kubectl.run([setting, "node", node, "--overwrite", `${key}=${value}`]);
  }
}

/** A plan as people read it, one line for each change. */
export function describeNodes({ add, remove }: NodePlan): string[] {
  const line =
    (sign: string) =>
    ({ node, setting, key, value }: NodeSetting) =>
      `${sign} Node ${node} (${setting} ${key}=${value})`;
  return [...add.map(line("~")), ...remove.map(line("-"))];
}

/** Reads a line of the inventory. */
export function parseNodeSetting(line: string): NodeSetting | undefined {
  const [node, setting, key, value] = line.split(" ");
  if (node === undefined || key === undefined || value === undefined) return undefined;
  return setting === "label" || setting === "taint" ? { node, setting, key, value } : undefined;
}

export const isNodeSetting = (setting: NodeSetting | undefined): setting is NodeSetting => setting !== undefined;

const text = ({ node, setting, key, value }: NodeSetting) => [node, setting, key, value].join(" ");

/** What can be set once: a label by its key, a taint by its key and effect. */
function place({ node, setting, key, value }: NodeSetting): string {
  return [node, setting, key, setting === "taint" ? value.slice(value.lastIndexOf(":")) : ""].join(" ");
}
