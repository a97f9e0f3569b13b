import type * as pulumi from "@pulumi/pulumi";
import { isObject, mergePatch } from "../kubernetes/api/merge.ts";
import { USER_ID } from "../kubernetes/pod.ts";

/** Where the pods' spec is, by kind. */
const POD_SPECS: Readonly<Record<string, readonly string[]>> = {
  Deployment: ["spec", "template", "spec"],
  Job: ["spec", "template", "spec"],
  CronJob: ["spec", "jobTemplate", "spec", "template", "spec"],
};

const FIELDS = ["runAsUser", "runAsGroup", "fsGroup"] as const;

/**
 * Leaves the user of pods to the cluster, which assigns one to each namespace, as OpenShift does: pods that name another one are
 * refused there. A user that a workload's `pod` names stays.
 */
export const assignedUser: pulumi.ResourceTransformation = ({ type, props, opts }) => {
  const place = type.startsWith("kubernetes:") ? POD_SPECS[String(props["kind"])] : undefined;
  if (place === undefined) return undefined;
  const spec = place.reduce<unknown>((part, key) => (isObject(part) ? part[key] : undefined), props);
  const context = isObject(spec) ? spec["securityContext"] : undefined;
  if (!isObject(context)) return undefined;
  const fixed = FIELDS.filter((field) => context[field] === USER_ID);
  const patch = { securityContext: Object.fromEntries(fixed.map((field) => [field, null])) };
  const whole = place.toReversed().reduce<object>((inner, key) => ({ [key]: inner }), patch);
  return { props: mergePatch(props, whole) as typeof props, opts };
};
