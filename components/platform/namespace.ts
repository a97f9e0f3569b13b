import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectMeta } from "../kubernetes/names.ts";
import { type LimitRangeItem, type NamespaceArgs, type ResolvedNamespace, resolveNamespace } from "./resolve.ts";

/**
 * A namespace with its quota, limit range and Pod Security level.
 *
 * Depend on the component, not on its namespace alone: pods that are created before the quota and the limit range escape
 * both.
 */
export class Namespace extends pulumi.ComponentResource {
  /** Name of the namespace. */
  readonly name: pulumi.Output<string>;

  constructor(name: string, args: NamespaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:platform:Namespace", name, {}, opts);

    const resolved = resolveNamespace(args);
    this.name = resolved.create
      ? new k8s.core.v1.Namespace(name, namespaceManifest(resolved), { parent: this }).metadata.name
      : pulumi.output(resolved.name);

    if (args.quota !== undefined) {
      new k8s.core.v1.ResourceQuota(
        `${name}-quota`,
        {
          metadata: objectMeta({ name: args.quota.name, namespace: this.name }),
          spec: { hard: { ...args.quota.hard } },
        },
        { parent: this },
      );
    }
    if (args.limitRange !== undefined) {
      new k8s.core.v1.LimitRange(
        `${name}-limits`,
        {
          metadata: objectMeta({ name: args.limitRange.name, namespace: this.name }),
          spec: { limits: limitRangeItems(args.limitRange) },
        },
        { parent: this },
      );
    }
    this.registerOutputs({ name: this.name });
  }
}

/** The Namespace object: its labels hold the name, the environment and the Pod Security level. */
function namespaceManifest({
  name,
  environment,
  labels,
  annotations,
  podSecurity: level,
}: ResolvedNamespace): k8s.core.v1.NamespaceArgs {
  return {
    metadata: objectMeta({
      name,
      labels: {
        name,
        environment,
        ...labels,
        "pod-security.kubernetes.io/enforce": level,
        "pod-security.kubernetes.io/warn": level,
        "pod-security.kubernetes.io/audit": level,
      },
      annotations,
    }),
  };
}

/** The items of a LimitRange: one for containers and one for pods, as far as they are set. */
function limitRangeItems(bounds: NonNullable<NamespaceArgs["limitRange"]>): k8s.types.input.core.v1.LimitRangeItem[] {
  const item = (type: "Container" | "Pod", values: LimitRangeItem | undefined) =>
    values === undefined ? [] : [{ type, ...values }];
  return [...item("Container", bounds.container), ...item("Pod", bounds.pod)];
}
