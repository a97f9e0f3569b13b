import { field, items } from "./fields.ts";
import type { KubernetesObject } from "./object.ts";

/** Path of the pod's spec, by the kinds that create pods. */
const POD_SPECS: Readonly<Record<string, readonly string[]>> = {
  Pod: ["spec"],
  PodTemplate: ["template", "spec"],
  ...Object.fromEntries(
    ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"].map((kind) => [
      kind,
      ["spec", "template", "spec"],
    ]),
  ),
  CronJob: ["spec", "jobTemplate", "spec", "template", "spec"],
};

/** Kubernetes' own API groups with such kinds; a Job of another group has another structure. */
const GROUPS = new Set(["", "apps", "batch", "extensions"]);

/** A part of an object, and its path: `spec.template.spec.containers[0]`. */
export interface Part {
  readonly path: string;
  readonly fields: unknown;
}

/** A container of a pod. */
export interface Container extends Part {
  readonly list: "initContainers" | "containers" | "ephemeralContainers";
}

/** The spec of the pods that an object creates; undefined if it creates none. */
export function podSpecOf({ kind, apiVersion, fields }: KubernetesObject): Part | undefined {
  const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
  const path = GROUPS.has(group) ? POD_SPECS[kind] : undefined;
  return path === undefined ? undefined : { path: path.join("."), fields: field(fields, ...path) };
}

/** Every container of the pods that an object creates. */
export function containersOf(object: KubernetesObject): readonly Container[] {
  const pod = podSpecOf(object);
  if (pod === undefined) return [];
  const lists = ["initContainers", "containers", "ephemeralContainers"] as const;
  return lists.flatMap((list) => listOf(pod, list).map((part) => ({ ...part, list })));
}

/** The volumes of the pods that an object creates. */
export function volumesOf(object: KubernetesObject): readonly Part[] {
  const pod = podSpecOf(object);
  return pod === undefined ? [] : listOf(pod, "volumes");
}

function listOf(pod: Part, list: string): readonly Part[] {
  return items(field(pod.fields, list)).map((fields, index) => ({ path: `${pod.path}.${list}[${index}]`, fields }));
}
