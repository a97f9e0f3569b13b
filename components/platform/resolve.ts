import { defaults, GPU_RESOURCE } from "../defaults/defaults.ts";
import { type WithDefaults, withDefaults } from "../defaults/with-defaults.ts";
import type { PlacementArgs } from "../kubernetes/container.ts";
import type { Resources } from "../kubernetes/pod.ts";

/** Limits of one container or pod, by resource name, in Kubernetes quantities. */
export interface LimitRangeItem {
  /** Highest limit of one container (or pod). */
  readonly max?: Readonly<Record<string, string>>;
  /** Lowest request of one container (or pod). */
  readonly min?: Readonly<Record<string, string>>;
  /** Limit of a container that sets none; containers only. */
  readonly default?: Readonly<Record<string, string>>;
  /** Request of a container that sets none; containers only. */
  readonly defaultRequest?: Readonly<Record<string, string>>;
}

/** Pod Security Standard of a namespace. */
export type PodSecurityLevel = "restricted" | "baseline" | "privileged";

export interface NamespaceArgs {
  /** Name of the namespace. Fixed, since everything else is addressed by it. */
  readonly name: string;
  /** `false` for a namespace that is there already; it stays as it is. @default true */
  readonly create?: boolean;
  /**
   * Whether the cluster assigns the user of the pods, as OpenShift does; a stack then leaves it out of them.
   *
   * @default false
   */
  readonly assignsUser?: boolean;
  /** Value of the label `environment`. */
  readonly environment: string;
  /** More labels, such as `istio-injection: enabled`. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** @default none */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Level to enforce, warn and audit; the level that a namespace has that is there already. @default "restricted" */
  readonly podSecurity?: PodSecurityLevel;
  /** Most that the whole namespace may request: `requests.cpu`, `limits.memory`, `pods`, … @default no quota */
  readonly quota?: { readonly name?: string; readonly hard: Readonly<Record<string, string>> };
  /** Limits and defaults of single containers and pods. @default no limit range */
  readonly limitRange?: { readonly name?: string; readonly container?: LimitRangeItem; readonly pod?: LimitRangeItem };
}

/** A namespace with every default filled in. */
export type ResolvedNamespace = WithDefaults<NamespaceArgs, "podSecurity" | "create" | "assignsUser">;

export function resolveNamespace(args: NamespaceArgs): ResolvedNamespace {
  return withDefaults<NamespaceArgs, "podSecurity" | "create" | "assignsUser">(defaults.namespace, args);
}

/** A taint that keeps other pods away from the GPU nodes. */
export interface TaintArgs {
  /** @default "nvidia.com/gpu" */
  readonly key?: string;
  /** @default "present" */
  readonly value?: string;
  /** @default "NoSchedule" */
  readonly effect?: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

/** NVIDIA's device plugin. */
export interface DevicePluginArgs {
  /** Fixed name of the DaemonSet. @default "nvidia-device-plugin-daemonset" */
  readonly name?: string;
  /** Its namespace, which is created unless it is kube-system. @default "kube-system" */
  readonly namespace?: string;
  /** @default "nvcr.io/nvidia/k8s-device-plugin:v0.17.4" */
  readonly image?: string;
  /** @default 50m CPU and 64Mi, at most 200m CPU and 256Mi */
  readonly resources?: Resources;
}

export interface GpuNodePoolArgs {
  /** Names of the nodes that get the labels and the taint. @default [], for a node pool that sets its own */
  readonly nodes?: readonly string[];
  /** @default `accelerator: nvidia-gpu` */
  readonly labels?: Readonly<Record<string, string>>;
  /** `false` sets none. @default `nvidia.com/gpu=present:NoSchedule` */
  readonly taint?: TaintArgs | false;
  /** Labels that select the nodes for the device plugin. @default `labels` */
  readonly selector?: Readonly<Record<string, string>>;
  /** `false` for a cluster that already has one. */
  readonly devicePlugin?: DevicePluginArgs | false;
}

/** A GPU node pool with every default filled in. Resolving it again changes nothing. */
export interface ResolvedGpuNodePool extends Required<GpuNodePoolArgs> {
  readonly taint: Required<TaintArgs> | false;
  readonly devicePlugin: Required<DevicePluginArgs> | false;
}

export function resolveGpuNodePool(args: GpuNodePoolArgs = {}): ResolvedGpuNodePool {
  const { nodes = [], labels = defaults.gpuPool.labels, taint = {}, selector = labels, devicePlugin = {} } = args;
  return {
    nodes,
    labels,
    selector,
    taint: taint !== false && withDefaults<TaintArgs, keyof TaintArgs>(defaults.gpuPool.taint, taint),
    devicePlugin:
      devicePlugin !== false &&
      withDefaults<DevicePluginArgs, keyof DevicePluginArgs>(defaults.gpuPool.devicePlugin, devicePlugin),
  };
}

/** Where pods that use the pool's GPUs run: on its nodes, tolerating its taint. */
export function gpuPlacement(pool?: GpuNodePoolArgs): PlacementArgs {
  const { selector, taint } = resolveGpuNodePool(pool);
  return {
    nodeSelector: selector,
    tolerations: taint === false ? [] : [{ ...defaults.toleration, key: taint.key, effect: taint.effect }],
  };
}

/** Resources of a container with GPUs. Requests equal limits, since GPUs cannot be shared. */
export function withGpus(resources: Resources, gpus: number | undefined): Resources {
  if (gpus === undefined) return resources;
  const share = { [GPU_RESOURCE]: String(gpus) };
  return { requests: { ...resources.requests, ...share }, limits: { ...resources.limits, ...share } };
}

/** A value that is generated once and kept in state. */
export interface RandomValue {
  /** Number of characters, letters and digits. @default 32 */
  readonly length?: number;
}

export function resolveRandomValue({ length }: RandomValue): Required<RandomValue> {
  return { length: length ?? defaults.secrets.randomLength };
}
