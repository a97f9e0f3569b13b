import type * as k8s from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";

/** `app.kubernetes.io/part-of` of everything the platform makes. */
export const PART_OF = "ml-platform";

/** A name that Kubernetes takes: lower case, with `_` and `.` as `-`. */
export function kubernetesName(name: string): string {
  return name.toLowerCase().replaceAll(/[_.]/g, "-");
}

/** What every object carries in its metadata. */
export interface ObjectIdentity {
  /** Fixed name of the object; without one Pulumi names it. */
  readonly name?: string;
  readonly namespace?: Input<string>;
  readonly labels?: Readonly<Record<string, Input<string>>>;
  readonly annotations?: Readonly<Record<string, Input<string>>>;
}

/** Object metadata with the platform's labels; an object without a name is named by Pulumi. */
export function objectMeta(identity: ObjectIdentity): k8s.types.input.meta.v1.ObjectMeta {
  return {
    ...(identity.name === undefined ? {} : { name: identity.name }),
    ...(identity.namespace === undefined ? {} : { namespace: identity.namespace }),
    labels: { "app.kubernetes.io/part-of": PART_OF, ...identity.labels },
    ...(identity.annotations === undefined ? {} : { annotations: { ...identity.annotations } }),
  };
}

/**
 * Options that let an object with a fixed name be replaced: the old one goes first, since two cannot share the name.
 * Objects that Pulumi names are replaced without a gap.
 */
export function replacement(name: string | undefined): { deleteBeforeReplace?: boolean } {
  return name === undefined ? {} : { deleteBeforeReplace: true };
}
