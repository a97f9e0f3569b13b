import type { LiveObject } from "../../cluster/kubectl.ts";
import { FETCH_CONTAINER } from "../../components/serving/model-source.ts";
import { condition, valueAt } from "./fields.ts";
import { waitsForGpus } from "./gpu-pool.ts";
import { queueProblem } from "./queue.ts";

/** A problem of an object in the cluster. */
export interface Problem {
  readonly kind: string;
  readonly namespace: string;
  /** The object, such as `Pod model-v1-7d9f-x2x`. */
  readonly object: string;
  readonly what: string;
  readonly remedy: string;
}

interface ContainerStatus {
  readonly name: string;
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: Terminated;
  };
  readonly lastState?: { readonly terminated?: Terminated };
}

interface Terminated {
  readonly reason?: string;
  readonly message?: string;
  readonly exitCode?: number;
}

/**
 * The problems of the given objects, at most one per object.
 *
 * @param context related objects, such as their events. @default the objects themselves
 */
export function findProblems(objects: readonly LiveObject[], context: readonly LiveObject[] = objects): Problem[] {
  return objects.flatMap((object) => {
    const found = FINDERS[object.kind]?.(object, context);
    if (found === undefined) return [];
    const { kind, metadata } = object;
    return [{ kind, namespace: metadata.namespace ?? "", object: `${kind} ${metadata.name}`, ...found }];
  });
}

/** Kinds that {@link findProblems} examines, as an argument of kubectl. */
export const PROBLEM_KINDS = "pods,persistentvolumeclaims,horizontalpodautoscalers,replicasets,jobs,events";

type Finding = Pick<Problem, "what" | "remedy"> | undefined;

const FINDERS: Readonly<Record<string, (object: LiveObject, context: readonly LiveObject[]) => Finding>> = {
  Pod: podProblem,
  PersistentVolumeClaim: claimProblem,
  HorizontalPodAutoscaler: autoscalerProblem,
  ScaledObject: scaledObjectProblem,
  ReplicaSet: quotaProblem,
  Job: jobProblem,
};

function podProblem(pod: LiveObject, context: readonly LiveObject[]): Finding {
  if (isOfCompleteJob(pod, context)) return undefined;
  const scheduled = condition(pod, "PodScheduled");
  if (scheduled?.status === "False") return unschedulable(scheduled.message ?? "", pod, context);
  const statuses = ["initContainerStatuses", "containerStatuses"].flatMap(
    (field) => (valueAt(pod, `status.${field}`) ?? []) as ContainerStatus[],
  );
  for (const status of statuses) {
    const { name, state, lastState, restartCount } = status;
    const waiting = state?.waiting?.reason ?? "";
    if ([state, lastState].some((moment) => moment?.terminated?.reason === "OOMKilled")) {
      const what = `container ${name} ran out of memory (OOMKilled), ${restartCount ?? 0} restarts`;
      return { what, remedy: "raise its resources.limits.memory in the stack file" };
    }
    if (/^(ErrImage|ImagePull|InvalidImage)/.test(waiting)) {
      const what = `container ${name}: image not found (${waiting}): ${state?.waiting?.message ?? ""}`;
      return { what, remedy: "check `images` in the stack file, and that the cluster may pull from the registry" };
    }
    if (waiting === "CreateContainerConfigError") {
      const what = `container ${name}: ${state?.waiting?.message ?? waiting}`;
      return { what, remedy: "check the secrets and settings that the version names" };
    }
    const unfetched = fetchProblem(status);
    if (unfetched !== undefined) return unfetched;
    if (waiting === "CrashLoopBackOff") {
      const code = lastState?.terminated?.exitCode ?? "unknown";
      const what = `container ${name} keeps crashing with exit code ${code} (CrashLoopBackOff), ${restartCount ?? 0} restarts`;
      const place = `--namespace ${pod.metadata.namespace ?? "default"}`;
      return { what, remedy: `read its log: kubectl logs ${pod.metadata.name} ${place} --previous` };
    }
  }
  return undefined;
}

/** Why a pod does not get its model; also between two attempts, and while the next one runs. */
function fetchProblem({ name, state, lastState }: ContainerStatus): Finding {
  const failed = [state?.terminated, lastState?.terminated].find((moment) => (moment?.exitCode ?? 0) !== 0);
  if (name !== FETCH_CONTAINER || failed === undefined || state?.terminated?.exitCode === 0) return undefined;
  const reason = failed.message?.trim().split("\n").at(-1) ?? `exit code ${failed.exitCode}`;
  return {
    what: `cannot fetch its model: ${reason}`,
    remedy: "correct `source` of the version, or wait: it is tried again by itself, and the pods that are ready stay",
  };
}

/** Whether the pod was an attempt of a Job that has succeeded since. */
function isOfCompleteJob({ metadata }: LiveObject, context: readonly LiveObject[]): boolean {
  return context.some(
    (job) =>
      job.kind === "Job" &&
      job.metadata.namespace === metadata.namespace &&
      condition(job, "Complete")?.status === "True" &&
      (metadata.ownerReferences ?? []).some(({ kind, name }) => kind === "Job" && name === job.metadata.name),
  );
}

function unschedulable(message: string, pod: LiveObject, context: readonly LiveObject[]): Finding {
  const what = `is Pending: ${message}`;
  const waiting = waitsForGpus(pod, context);
  if (waiting !== undefined) return { what, remedy: waiting };
  if (/Insufficient (cpu|memory)/.test(message)) {
    return { what, remedy: "lower the requests or the replicas in the stack file, or add a node" };
  }
  if (/unbound|persistentvolumeclaim/i.test(message)) return { what, remedy: "see the problem of its claim" };
  if (/taint|affinity|selector/.test(message)) return { what, remedy: "label or untaint a node for it" };
  return { what, remedy: "see kubectl describe pod" };
}

function claimProblem(claim: LiveObject): Finding {
  if (valueAt(claim, "status.phase") !== "Pending") return undefined;
  const storageClass = valueAt(claim, "spec.storageClassName") ?? "the default class";
  const what = `is not bound; storage class ${String(storageClass)}`;
  return { what, remedy: "check that the class exists, that it offers the access mode, and that a pod uses the claim" };
}

function autoscalerProblem(autoscaler: LiveObject): Finding {
  const active = condition(autoscaler, "ScalingActive");
  if (active?.status !== "False" || active.reason === "ScalingDisabled") return undefined;
  const what = `has no metrics: ${active.message ?? active.reason ?? ""}`;
  const remedy = autoscaler.metadata.ownerReferences?.some(({ kind }) => kind === "ScaledObject")
    ? "wait a minute after a start; else check that KEDA runs and reaches what its triggers ask"
    : "wait a minute after a start; else check that metrics-server runs";
  return { what, remedy };
}

/** KEDA's own word on its triggers, which counts while there are no pods for a HorizontalPodAutoscaler too. */
function scaledObjectProblem(scaled: LiveObject): Finding {
  const ready = condition(scaled, "Ready");
  const fallback = condition(scaled, "Fallback");
  const place = `kubectl describe scaledobject ${scaled.metadata.name} --namespace ${scaled.metadata.namespace ?? "default"}`;
  const remedy = `correct autoscaling.keda in the stack file, or what its triggers ask; see ${place}`;
  if (ready?.status === "False") return { what: `does not scale: ${ready.message ?? ready.reason ?? ""}`, remedy };
  if (fallback?.status === "True") return { what: "cannot ask its triggers, so the pods of the fallback run", remedy };
  return ready === undefined
    ? {
        what: "does not scale: KEDA has not looked at it",
        remedy: "wait a minute after a start; else check that KEDA's operator runs",
      }
    : undefined;
}

function quotaProblem(replicaSet: LiveObject): Finding {
  const failure = condition(replicaSet, "ReplicaFailure");
  return failure?.status === "True" ? rejectedPods(failure.message ?? failure.reason ?? "") : undefined;
}

function rejectedPods(message: string): Finding {
  const remedy = message.includes("exceeded quota")
    ? "raise namespace.quota in the stack file, or lower the replicas or requests"
    : "fix what the message names";
  return { what: `cannot create its pods: ${message}`, remedy };
}

/** Whether an object is a failed Job. */
export function hasFailed(object: LiveObject): boolean {
  return object.kind === "Job" && condition(object, "Failed")?.status === "True";
}

function jobProblem(job: LiveObject, context: readonly LiveObject[]): Finding {
  const failed = condition(job, "Failed");
  if (failed?.status === "True") {
    const place = `--namespace ${job.metadata.namespace ?? "default"}`;
    const what = `failed: ${failed.message ?? failed.reason ?? ""}`;
    return { what, remedy: `read its log: kubectl logs job/${job.metadata.name} ${place}` };
  }
  const queued = queueProblem(job, context);
  if (queued !== undefined) return queued;
  const over = condition(job, "Complete")?.status === "True" || valueAt(job, "spec.suspend") === true;
  if (over || Number(valueAt(job, "status.active") ?? 0) > 0) return undefined;
  // Kubernetes reports rejected pods of a Job only in its events.
  const rejection = context.findLast((event) => isRejection(event, job));
  return rejection === undefined ? undefined : rejectedPods(String(rejection["message"] ?? ""));
}

function isRejection(event: LiveObject, job: LiveObject): boolean {
  if (event.kind !== "Event" || event["reason"] !== "FailedCreate") return false;
  const { kind, name, namespace } = (event["involvedObject"] ?? {}) as Record<string, string>;
  return kind === "Job" && name === job.metadata.name && namespace === job.metadata.namespace;
}
