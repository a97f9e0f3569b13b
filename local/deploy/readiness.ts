import type { KubernetesObject } from "../../render/rendered.ts";
import type { LiveObject } from "../kubectl.ts";
import { valueAt } from "./fields.ts";

/** Kinds that a deployment waits for, as kubectl takes them. */
export const AWAITED_KINDS = "deployments,daemonsets,jobs";

const READINESS: Readonly<Record<string, (object: LiveObject) => boolean>> = {
  Deployment: deploymentIsReady,
  DaemonSet: daemonSetIsReady,
  Job: jobIsReady,
};

/**
 * Whether a deployment waits for an object before it makes what depends on it. `pulumi.com/skipAwait: "true"` says not to,
 * as it does to Pulumi.
 *
 * @see https://www.pulumi.com/registry/packages/kubernetes/installation-configuration/#pulumicom-annotations
 */
export function isAwaited({ kind, metadata }: KubernetesObject): boolean {
  return kind in READINESS && metadata.annotations?.["pulumi.com/skipAwait"] !== "true";
}

/** Seconds that an object may take, by its annotation `pulumi.com/timeoutSeconds`; undefined where it names none. */
export function ownTimeout({ metadata }: KubernetesObject): number | undefined {
  const seconds = Number(metadata.annotations?.["pulumi.com/timeoutSeconds"]);
  return seconds > 0 ? seconds : undefined;
}

/** Whether a Deployment or DaemonSet serves its present revision with all its pods, or a Job has ended well. */
export function isReady(object: LiveObject): boolean {
  return READINESS[object.kind]?.(object) ?? true;
}

function deploymentIsReady(object: LiveObject): boolean {
  const wanted = Number(valueAt(object, "spec.replicas") ?? 1);
  return (
    isObserved(object) &&
    count(object, "updatedReplicas") >= wanted &&
    count(object, "availableReplicas") >= wanted &&
    count(object, "replicas") === count(object, "updatedReplicas")
  );
}

/** One without a node to run on is ready. */
function daemonSetIsReady(object: LiveObject): boolean {
  const wanted = count(object, "desiredNumberScheduled");
  return (
    isObserved(object) &&
    count(object, "updatedNumberScheduled") >= wanted &&
    count(object, "numberAvailable") >= wanted
  );
}

/** A suspended one is not expected to end. */
function jobIsReady(object: LiveObject): boolean {
  if (valueAt(object, "spec.suspend") === true) return true;
  return count(object, "succeeded") >= Number(valueAt(object, "spec.completions") ?? 1);
}

/** Whether an object is a Job that has been given up. */
export function hasFailed(object: LiveObject | undefined): boolean {
  if (object?.kind !== "Job") return false;
  const conditions = (valueAt(object, "status.conditions") ?? []) as readonly { type: string; status: string }[];
  return conditions.some(({ type, status }) => type === "Failed" && status === "True");
}

function isObserved(object: LiveObject): boolean {
  return count(object, "observedGeneration") >= (object.metadata.generation ?? 0);
}

const count = (object: LiveObject, field: string) => Number(valueAt(object, `status.${field}`) ?? 0);
