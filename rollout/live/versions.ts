import type { Kubectl, LiveObject } from "../../cluster/kubectl.ts";
import type { ResolvedStack } from "../../config/index.ts";
import { valueAt } from "../../engine/status/fields.ts";
import { findProblems } from "../../engine/status/problems.ts";
import { ROUTE_KINDS, routeShare } from "../../engine/status/routes.ts";
import type { Health } from "../decide/read.ts";

type Model = ResolvedStack["models"][number];

/** A version as the cluster has it. */
export interface LiveVersion {
  /** Percent of the requests, by the route; 0 without a route. */
  readonly weight: number;
  readonly health: Health;
  /** The Service that the route names; undefined without a route. */
  readonly service: string | undefined;
}

/** The state of a model's versions. Read-only. */
export async function liveVersions(
  kubectl: Kubectl,
  namespace: string,
  { versions }: Model,
): Promise<Readonly<Record<string, LiveVersion>>> {
  const objects = await kubectl.get([
    `deployments,services,pods,replicasets,${ROUTE_KINDS}`,
    `--namespace=${namespace}`,
  ]);
  return Object.fromEntries(versions.map(({ version, selector }) => [version, liveVersion(objects, selector)]));
}

/** @param selector labels that the version's pods have */
export function liveVersion(objects: readonly LiveObject[], selector: Readonly<Record<string, string>>): LiveVersion {
  const deployments = objects.filter(
    (object) => object.kind === "Deployment" && hasLabels(valueAt(object, "spec.selector.matchLabels"), selector),
  );
  const pods = objects.filter(
    ({ kind, metadata }) =>
      kind === "Pod" && metadata.deletionTimestamp === undefined && hasLabels(metadata.labels, selector),
  );
  const services = objects.filter((object) => {
    const wanted = valueAt(object, "spec.selector");
    return (
      object.kind === "Service" &&
      wanted !== undefined &&
      hasLabels(valueAt(deployments[0] ?? {}, "spec.template.metadata.labels"), wanted)
    );
  });
  const routes = objects.filter(({ kind }) => kind === "HTTPRoute" || kind === "Ingress");
  const named = services.find(({ metadata }) => routeShare(new Set([metadata.name]), routes) !== undefined);
  const share = routeShare(new Set(services.map(({ metadata }) => metadata.name)), routes);
  const trouble = findProblems([...pods, ...replicaSetsOf(objects, deployments)], objects)[0];
  return {
    weight: share?.percent ?? 0,
    service: named?.metadata.name,
    health: {
      pods: sum(deployments, (each) => Number(valueAt(each, "spec.replicas") ?? 0)),
      ready: pods.filter(isReady).length,
      restarts: sum(pods, restartsOf),
      ...(trouble === undefined ? {} : { trouble: `${trouble.object} ${trouble.what}` }),
    },
  };
}

function replicaSetsOf(objects: readonly LiveObject[], deployments: readonly LiveObject[]): LiveObject[] {
  const names = new Set(deployments.map(({ metadata }) => metadata.name));
  return objects.filter(
    ({ kind, metadata }) =>
      kind === "ReplicaSet" && (metadata.ownerReferences ?? []).some(({ name }) => names.has(name)),
  );
}

function hasLabels(labels: unknown, wanted: unknown): boolean {
  const own = (labels ?? {}) as Readonly<Record<string, string>>;
  return Object.entries((wanted ?? {}) as Readonly<Record<string, string>>).every(([key, value]) => own[key] === value);
}

function isReady(pod: LiveObject): boolean {
  const conditions = (valueAt(pod, "status.conditions") ?? []) as readonly { type: string; status: string }[];
  return conditions.some(({ type, status }) => type === "Ready" && status === "True");
}

function restartsOf(pod: LiveObject): number {
  const statuses = (valueAt(pod, "status.containerStatuses") ?? []) as readonly { restartCount?: number }[];
  return sum(statuses, ({ restartCount }) => restartCount ?? 0);
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
