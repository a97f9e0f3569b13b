import { field, text } from "./fields.ts";

/** A Kubernetes object that a program registers, in the form that the rules receive. */
export interface KubernetesObject {
  readonly kind: string;
  /** Group and version, such as `apps/v1`. */
  readonly apiVersion: string;
  readonly name: string;
  /** Undefined if the object has none, or if it is not known yet in a preview. */
  readonly namespace?: string;
  /** Whether it is a patch, such as a DeploymentPatch, that leaves out most of its object. */
  readonly patch: boolean;
  /** The resource option `protect`. */
  readonly protect: boolean;
  /** The whole object. `UNKNOWN` and `MARKED` replace values that are not available. */
  readonly fields: unknown;
}

/**
 * An object of a Pulumi resource.
 *
 * @param type the resource's type, such as `kubernetes:apps/v1:Deployment`
 * @param logicalName its name in the program, for an object that has no name yet
 * @returns undefined if the resource is not a Kubernetes object
 */
export function kubernetesObject(
  type: string,
  logicalName: string,
  fields: unknown,
  protect: boolean,
): KubernetesObject | undefined {
  const [provider, , resource = ""] = type.split(":");
  const [kind, apiVersion] = [text(field(fields, "kind")), text(field(fields, "apiVersion"))];
  if (provider !== "kubernetes" || kind === undefined || apiVersion === undefined) return undefined;
  return {
    kind,
    apiVersion,
    name: text(field(fields, "metadata", "name")) ?? logicalName,
    namespace: text(field(fields, "metadata", "namespace")),
    patch: resource === `${kind}Patch`,
    protect,
    fields,
  };
}

/** `Deployment ml-prod/model-v1`, or `Namespace ml-prod` for an object without a namespace. */
export function describeObject({
  kind,
  name,
  namespace,
}: Pick<KubernetesObject, "kind" | "name" | "namespace">): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}

/** One line that names the object, the field, and what to do. */
export function violation(object: KubernetesObject, path: string, problem: string): string {
  return `${describeObject(object)}: ${path}: ${problem}`;
}

/** Whether a text matches one of the patterns, in which `*` matches any characters. */
export function matches(patterns: readonly string[], value: string): boolean {
  return patterns.some((pattern) => {
    const parts = pattern.split("*").map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, "\\$&"));
    return new RegExp(`^${parts.join(".*")}$`).test(value);
  });
}
