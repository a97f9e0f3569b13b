import type { Kubectl, LiveObject } from "../../cluster/kubectl.ts";
import { UserError } from "../../common/errors.ts";
import type { PreviewStep } from "../pulumi/preview.ts";
import { valueAt } from "../status/fields.ts";

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** A step that changes a node's labels and taints. */
interface NodeStep {
  readonly node: string;
  readonly before: readonly Taint[];
  readonly after: readonly Taint[];
  /** Whether the node stays in the stack. */
  readonly kept: boolean;
}

function nodeSteps(steps: readonly PreviewStep[]): NodeStep[] {
  return steps.flatMap(({ op, oldState, newState }) => {
    const state = newState ?? oldState;
    const node = state?.inputs?.metadata?.name;
    if (state?.type !== "kubernetes:core/v1:NodePatch" || node === undefined || op === "same") return [];
    return [{ node, before: taintsOf(oldState?.inputs), after: taintsOf(newState?.inputs), kept: op !== "delete" }];
  });
}

const taintsOf = (object: unknown) => (valueAt(object, "spec.taints") ?? []) as readonly Taint[];
const placeOf = ({ key, effect }: Taint) => `${key}:${effect}`;

/**
 * Checks changes to nodes that the API server would accept silently: it creates a node that does not exist, and replaces all
 * taints of a node, including those that other tools have set.
 *
 * @throws UserError if a node does not exist, or has taints that other tools have set
 */
export async function checkNodes(kubectl: Kubectl, steps: readonly PreviewStep[]): Promise<void> {
  const wanted = nodeSteps(steps).filter(({ kept }) => kept);
  if (wanted.length > 0) rejectNodes(wanted, await kubectl.get(["nodes"]));
}

function rejectNodes(wanted: readonly NodeStep[], nodes: readonly LiveObject[]): void {
  const live = new Map(nodes.map((node) => [node.metadata.name, node]));
  for (const { node, before, after } of wanted) {
    const present = live.get(node);
    if (present === undefined) {
      throw new UserError(
        `there is no node ${node}, which the stack labels; there is ${[...live.keys()].toSorted().join(", ")}`,
        "name a node of the cluster, or take it out of the stack file",
      );
    }
    const own = new Set([...before, ...after].map(placeOf));
    // The cluster restores its own taints.
    const others = taintsOf(present).filter(
      (taint) => !own.has(placeOf(taint)) && !taint.key.includes("kubernetes.io/"),
    );
    if (after.length > 0 && others.length > 0) {
      throw new UserError(
        `node ${node} has the taint ${others.map(placeOf).join(", ")} of others, which the stack's own would take the place of`,
        "set gpuPool.taint to false and taint the node by hand, or take that taint off it",
      );
    }
  }
}

/** Removes taints from nodes that have left the stack. The engine cannot: once the cluster adds a taint, it owns the list. */
export async function removeTaints(kubectl: Kubectl, steps: readonly PreviewStep[]): Promise<void> {
  for (const { node, before, after } of nodeSteps(steps)) {
    const kept = new Set(after.map(placeOf));
    const [live] = await kubectl.get(["node", node]);
    const present = new Set(taintsOf(live).map(placeOf));
    for (const place of before.map(placeOf).filter((each) => !kept.has(each) && present.has(each))) {
      await kubectl.run(["taint", "node", node, `${place}-`]);
    }
  }
}
