import { milliUnits } from "../../components/kubernetes/quantity.ts";
import type { ObjectChange } from "../objects/change.ts";
import { valueAt } from "../objects/fields.ts";
import { code } from "../text/markdown.ts";

/** Something that a reviewer must not miss. */
export interface Danger {
  readonly what: "data loss" | "downtime" | "refused" | "credentials";
  readonly change: ObjectChange;
  /** What happens, after the name of the object, as Markdown: "is deleted, and …". */
  readonly text: string;
}

/** Kinds whose names other objects or clients use. */
const ON_THE_WAY = new Set(["Service", "HTTPRoute", "GRPCRoute", "Ingress", "Gateway", "Middleware", "TraefikService"]);
const WORKLOADS = new Set(["Deployment", "StatefulSet", "DaemonSet"]);

/** Changes that lose data, cause downtime, or will be rejected: data loss first, downtime next. */
export function dangersOf(changes: readonly ObjectChange[]): Danger[] {
  const found = changes.flatMap((change) => dangerOf(change).map((danger) => ({ ...danger, change })));
  const order = ["data loss", "downtime", "credentials", "refused"];
  return found.toSorted((a, b) => order.indexOf(a.what) - order.indexOf(b.what));
}

type Found = Omit<Danger, "change">;

function dangerOf(change: ObjectChange): Found[] {
  if (change.retained) return [];
  if (change.protected) {
    return [{ what: "refused", text: `is protected, so the update that would ${change.action} it is refused` }];
  }
  if (change.action === "delete") return deletion(change);
  if (change.action === "replace") return replacement(change);
  return change.action === "update" ? update(change) : [];
}

function deletion({ kind, name }: ObjectChange): Found[] {
  if (kind === "Namespace") return [{ what: "data loss", text: "is deleted with everything in it, volumes included" }];
  if (kind === "PersistentVolumeClaim") {
    return [{ what: "data loss", text: "is deleted, and its volume with it unless its reclaim policy is Retain" }];
  }
  if (kind === "RandomPassword") return [{ what: "credentials", text: "is deleted: the generated value is lost" }];
  if (kind === "HTTPRoute" || kind === "GRPCRoute" || kind === "Ingress") {
    return [{ what: "downtime", text: "is deleted: requests that it routed to the models get no answer" }];
  }
  if (kind === "Service") return [{ what: "downtime", text: `is deleted: clients that call ${code(name)} fail` }];
  return [];
}

function replacement({ kind, deletedFirst, fields }: ObjectChange): Found[] {
  const reason = fields.length === 0 ? "" : ` (${fields.map(({ path }) => code(path)).join(", ")} cannot be changed)`;
  if (kind === "Namespace") {
    return [{ what: "data loss", text: `is replaced${reason}: everything in it is deleted, volumes included` }];
  }
  if (kind === "PersistentVolumeClaim") {
    return [{ what: "data loss", text: `is replaced${reason}: the new volume is empty` }];
  }
  if (kind === "kubernetes") {
    return [
      { what: "data loss", text: `is the provider and is replaced${reason}: so is every object that it manages` },
    ];
  }
  if (kind === "RandomPassword") {
    return [{ what: "credentials", text: "is generated again: clients that still use the old value are refused" }];
  }
  if (!deletedFirst) return [];
  if (WORKLOADS.has(kind)) {
    return [{ what: "downtime", text: `is replaced${reason}: its pods are gone until the new ones are ready` }];
  }
  if (ON_THE_WAY.has(kind)) {
    return [{ what: "downtime", text: `is replaced${reason}: it does not exist for a moment` }];
  }
  return [];
}

function update(change: ObjectChange): Found[] {
  const { kind, before, after } = change;
  if (kind === "PersistentVolumeClaim") {
    const [from, to] = [before, after].map((side) => valueAt(side, "spec.resources.requests.storage"));
    const shrinks = typeof from === "string" && typeof to === "string" && milliUnits(to) < milliUnits(from);
    return shrinks
      ? [{ what: "refused", text: `shrinks from ${code(from)} to ${code(to)}, which Kubernetes refuses` }]
      : [];
  }
  if (!WORKLOADS.has(kind)) return [];
  const [from, to] = [before, after].map((side) => valueAt(side, "spec.replicas"));
  if (to === 0 && from !== 0) return [{ what: "downtime", text: "is scaled to 0 pods" }];
  if (valueAt(after, "spec.strategy.type") === "Recreate" && rollsPods(change)) {
    return [{ what: "downtime", text: "restarts with the strategy Recreate: all pods go before the first comes" }];
  }
  return [];
}

/** Whether the change replaces pods. */
export function rollsPods({ action, kind, fields }: ObjectChange): boolean {
  return (
    action === "update" &&
    WORKLOADS.has(kind) &&
    fields.some(({ path, pending }) => !pending && path.startsWith("spec.template"))
  );
}
