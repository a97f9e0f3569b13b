import type * as k8s from "@pulumi/kubernetes";
import type { OutputInstance } from "@pulumi/pulumi";
import { POD_TEMPLATE } from "./api/api.ts";
import { mergePatch } from "./api/merge.ts";

type PodTemplate = k8s.types.input.core.v1.PodTemplateSpec;

/** What an object of a strategic merge patch may say besides its fields. */
interface Directive {
  /** `replace` takes the place of the whole object, `delete` removes it. @default "merge" */
  readonly $patch?: "merge" | "replace" | "delete";
}

/** A piece of `T`: any of its fields, at any depth; `null` takes a field away. */
export type Patch<T> =
  T extends OutputInstance<infer U> ? OutputInstance<U> : T extends Promise<infer U> ? Promise<U> : PlainPatch<T>;

type PlainPatch<T> = T extends readonly (infer I)[]
  ? readonly Patch<I>[]
  : T extends object
    ? { readonly [K in keyof T]?: Patch<T[K]> | null } & Directive
    : T;

/** A piece of a pod template. */
export type PodPatch = Patch<PodTemplate>;

/** What a workload accepts besides its own settings. */
export interface PodArgs {
  /**
   * A piece of a pod template, merged over what the component makes by Kubernetes' rules for strategic merge patches:
   * containers, variables and volumes by name, mounts by path; `null` takes a field away.
   *
   * @default nothing
   */
  readonly pod?: PodPatch;
}

/** A pod template with the patch of its workload. */
export function patchedTemplate(template: PodTemplate, pod: PodPatch | undefined): PodTemplate {
  return pod === undefined ? template : (mergePatch(template, pod, POD_TEMPLATE) as PodTemplate);
}
