import type { LiveObject } from "../kubectl.ts";
import { valueAt } from "./fields.ts";

/** Something that keeps an object from doing its work. */
export interface Problem {
  /** The object, such as `Pod model-v1-7d9f-x2x`. */
  readonly object: string;
  readonly what: string;
  readonly remedy: string;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

interface ContainerStatus {
  readonly name: string;
  readonly restartCount?: number;
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
  readonly lastState?: { readonly terminated?: { readonly reason?: string; readonly exitCode?: number } };
}

/** What is wrong with the given objects, one problem an object, worst knowledge first. */
export function findProblems(objects: readonly LiveObject[]): Problem[] {
  return objects.flatMap((object) => {
    const found = FINDERS[object.kind]?.(object);
    return found === undefined ? [] : [{ object: `${object.kind} ${object.metadata.name}`, ...found }];
  });
}

/** Kinds that {@link findProblems} knows about, as kubectl takes them. */
export const PROBLEM_KINDS = "pods,persistentvolumeclaims,horizontalpodautoscalers,replicasets,jobs";

type Finding = Omit<Problem, "object"> | undefined;

const FINDERS: Readonly<Record<string, (object: LiveObject) => Finding>> = {
  Pod: podProblem,
  PersistentVolumeClaim: claimProblem,
  HorizontalPodAutoscaler: autoscalerProblem,
  ReplicaSet: quotaProblem,
  Job: jobProblem,
};

function podProblem(pod: LiveObject): Finding {
  const scheduled = condition(pod, "PodScheduled");
  if (scheduled?.status === "False") return unschedulable(scheduled.message ?? "");
  const statuses = (valueAt(pod, "status.containerStatuses") ?? []) as ContainerStatus[];
  for (const { name, state, lastState, restartCount } of statuses) {
    const waiting = state?.waiting?.reason ?? "";
    if (lastState?.terminated?.reason === "OOMKilled") {
      const what = `container ${name} was killed for want of memory, ${restartCount ?? 0} restarts`;
      return { what, remedy: "raise resources.limits.memory of the version in the stack file" };
    }
    if (/^(ErrImage|ImagePull|InvalidImage)/.test(waiting)) {
      const what = `container ${name}: image not found (${waiting}): ${state?.waiting?.message ?? ""}`;
      return { what, remedy: "check `images` in the stack file, and that the cluster may pull from the registry" };
    }
    if (waiting === "CreateContainerConfigError") {
      const what = `container ${name}: ${state?.waiting?.message ?? waiting}`;
      return { what, remedy: "check the secrets and settings that the version names" };
    }
    if (waiting === "CrashLoopBackOff") {
      const code = lastState?.terminated?.exitCode ?? "unknown";
      const what = `container ${name} ends again and again with exit code ${code}, ${restartCount ?? 0} restarts`;
      const place = `--namespace ${pod.metadata.namespace ?? "default"}`;
      return { what, remedy: `read its log: kubectl logs ${pod.metadata.name} ${place} --previous` };
    }
  }
  return undefined;
}

function unschedulable(message: string): Finding {
  const what = `is Pending: ${message}`;
  if (message.includes("nvidia.com/gpu")) return { what, remedy: "add a node with a free GPU, or wait for one" };
  if (/Insufficient (cpu|memory)/.test(message)) {
    return { what, remedy: "lower the requests or the replicas in the stack file, or add a node" };
  }
  if (/unbound|persistentvolumeclaim/i.test(message)) return { what, remedy: "see the claim's own problem" };
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
  return { what, remedy: "wait a minute after a start; else check that metrics-server runs" };
}

function quotaProblem(replicaSet: LiveObject): Finding {
  const failure = condition(replicaSet, "ReplicaFailure");
  if (failure?.status !== "True") return undefined;
  const remedy = failure.message?.includes("exceeded quota")
    ? "raise namespace.quota in the stack file, or lower the replicas or requests"
    : "mend what the message names";
  return { what: `cannot make its pods: ${failure.message ?? failure.reason ?? ""}`, remedy };
}

function jobProblem(job: LiveObject): Finding {
  const failed = condition(job, "Failed");
  if (failed?.status !== "True") return undefined;
  const place = `--namespace ${job.metadata.namespace ?? "default"}`;
  const what = `failed: ${failed.message ?? failed.reason ?? ""}`;
  return { what, remedy: `read its log: kubectl logs job/${job.metadata.name} ${place}` };
}

function condition(object: LiveObject, type: string): Condition | undefined {
  return ((valueAt(object, "status.conditions") ?? []) as Condition[]).find((item) => item.type === type);
}
