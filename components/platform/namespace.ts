import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectMeta } from "../kubernetes/names.ts";

/** Bounds of one container or pod, by resource name, in Kubernetes quantities. */
export interface LimitRangeItem {
  /** Most that one container (or pod) may be limited to. */
  readonly max?: Readonly<Record<string, string>>;
  /** Least that one container (or pod) may request. */
  readonly min?: Readonly<Record<string, string>>;
  /** Limit of a container that names none; containers only. */
  readonly default?: Readonly<Record<string, string>>;
  /** Request of a container that names none; containers only. */
  readonly defaultRequest?: Readonly<Record<string, string>>;
}

/** Pod Security Standard of a namespace. */
export type PodSecurityLevel = "restricted" | "baseline" | "privileged";

export interface NamespaceArgs {
  /** Name of the namespace. Fixed, since everything else is addressed by it. */
  readonly name: string;
  /** Value of the label `environment`. */
  readonly environment: string;
  /** Enforced, warned and audited. @default "restricted" */
  readonly podSecurity?: PodSecurityLevel;
  /** Most that the whole namespace may ask for: `requests.cpu`, `limits.memory`, `pods`, … @default no quota */
  readonly quota?: { readonly name?: string; readonly hard: Readonly<Record<string, string>> };
  /** Bounds and defaults of single containers and pods. @default no limit range */
  readonly limitRange?: { readonly name?: string; readonly container?: LimitRangeItem; readonly pod?: LimitRangeItem };
}

/**
 * A namespace with its quota, limit range and Pod Security level.
 *
 * Depend on the component, not on its namespace alone: pods made before the quota and the limit range
 * exist escape both.
 */
export class Namespace extends pulumi.ComponentResource {
  /** Name of the namespace. */
  readonly name: pulumi.Output<string>;

  constructor(name: string, args: NamespaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:platform:Namespace", name, {}, opts);

    const namespace = new k8s.core.v1.Namespace(name, namespaceManifest(args), { parent: this });
    this.name = namespace.metadata.name;

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

/** The Namespace object: its labels carry the name, the environment and the Pod Security level. */
export function namespaceManifest(args: NamespaceArgs): k8s.core.v1.NamespaceArgs {
  const level = args.podSecurity ?? "restricted";
  return {
    metadata: objectMeta({
      name: args.name,
      labels: {
        name: args.name,
        environment: args.environment,
        "pod-security.kubernetes.io/enforce": level,
        "pod-security.kubernetes.io/warn": level,
        "pod-security.kubernetes.io/audit": level,
      },
    }),
  };
}

/** The items of a LimitRange: one for containers, one for pods, where given. */
export function limitRangeItems(
  bounds: NonNullable<NamespaceArgs["limitRange"]>,
): k8s.types.input.core.v1.LimitRangeItem[] {
  const item = (type: "Container" | "Pod", values: LimitRangeItem | undefined) =>
    values === undefined ? [] : [{ type, ...values }];
  return [...item("Container", bounds.container), ...item("Pod", bounds.pod)];
}
