import { type KubernetesObject, violation } from "../objects/object.ts";

/** A claim that `pulumi destroy`, or a change that replaces it, would delete together with its data. */
export function claimViolations(object: KubernetesObject): string[] {
  if (object.kind !== "PersistentVolumeClaim" || object.patch || object.protect) return [];
  return [
    violation(
      object,
      "option protect",
      "is not set, so the data can be deleted; set `storage.protect: true` in the stack file, or `protect: true` on the resource",
    ),
  ];
}
