import { describeObject, type KubernetesObject } from "../../../render/rendered.ts";

/** A pod that a controller would create. */
export interface Pod {
  readonly namespace: string;
  /** The object that it belongs to. */
  readonly owner: string;
  readonly manifest: { readonly metadata: object; readonly spec: object };
}

/** The parts of objects with a pod template. */
interface Spec {
  readonly template?: Template;
  readonly jobTemplate?: { readonly spec: { readonly template: Template } };
}

interface Template {
  readonly metadata?: object;
  readonly spec: object;
}

/** One pod of an object, if it has a pod template. */
export function podsOf(object: KubernetesObject): Pod[] {
  const { template, jobTemplate } = (object["spec"] ?? {}) as Spec;
  const used = template ?? jobTemplate?.spec.template;
  if (used === undefined) return [];
  const metadata = { ...used.metadata, name: `${object.metadata.name.slice(0, 40)}-pod`.replaceAll(/-+/g, "-") };
  const manifest = { metadata, spec: used.spec };
  return [{ namespace: object.metadata.namespace ?? "default", owner: describeObject(object), manifest }];
}
