import type * as k8s from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";

/** `app.kubernetes.io/part-of` of everything the platform makes. */
export const PART_OF = "ml-platform";

/** A valid Kubernetes name: lower case, with `-` in place of `_` and `.`. */
export function kubernetesName(name: string): string {
  return name.toLowerCase().replaceAll(/[_.]/g, "-");
}

/** The input for an object's metadata. */
export interface ObjectIdentity {
  /** Fixed name of the object. @default named by Pulumi */
  readonly name?: string;
  readonly namespace?: Input<string>;
  readonly labels?: Readonly<Record<string, Input<string>>>;
  readonly annotations?: Readonly<Record<string, Input<string>>>;
}

/** Object metadata with the platform's label. */
export function objectMeta(identity: ObjectIdentity): k8s.types.input.meta.v1.ObjectMeta {
  return {
    ...(identity.name === undefined ? {} : { name: identity.name }),
    ...(identity.namespace === undefined ? {} : { namespace: identity.namespace }),
    labels: { "app.kubernetes.io/part-of": PART_OF, ...identity.labels },
    ...(identity.annotations === undefined ? {} : { annotations: { ...identity.annotations } }),
  };
}

/** Annotations of an object that Pulumi deploys without waiting for it to become ready. */
export function skipAwaitAnnotation(skipAwait: boolean): { annotations?: Readonly<Record<string, string>> } {
  return skipAwait ? { annotations: { "pulumi.com/skipAwait": "true" } } : {};
}

/**
 * Options for replacing an object with a fixed name: the old object is deleted first, because two cannot have the same name.
 * Objects that Pulumi names are replaced without a gap.
 */
export function replacement(name: string | undefined): { deleteBeforeReplace?: boolean } {
  return name === undefined ? {} : { deleteBeforeReplace: true };
}
