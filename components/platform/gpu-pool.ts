import { defaults } from "../defaults/defaults.ts";
import { type WithDefaults, withDefaults } from "../defaults/with-defaults.ts";
import type { PlacementArgs } from "../kubernetes/container.ts";
import type { Resources } from "../kubernetes/pod.ts";

/** A taint that keeps other pods away from the GPU nodes. */
export interface TaintArgs {
  /** @default "nvidia.com/gpu", or "amd.com/gpu" for GPUs of AMD */
  readonly key?: string;
  /** @default "present" */
  readonly value?: string;
  /** @default "NoSchedule" */
  readonly effect?: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

/** The vendor's device plugin, which makes the GPUs available to pods. */
export interface DevicePluginArgs {
  /** Fixed name of the DaemonSet. @default "nvidia-device-plugin-daemonset", or "amdgpu-device-plugin-daemonset" */
  readonly name?: string;
  /** Its namespace, which is created unless it is kube-system. @default "kube-system" */
  readonly namespace?: string;
  /** @default "nvcr.io/nvidia/k8s-device-plugin:v0.17.4", or "docker.io/rocm/k8s-device-plugin:1.31.0.11" */
  readonly image?: string;
  /** @default 50m CPU and 64Mi, at most 200m CPU and 256Mi */
  readonly resources?: Resources;
  /** Pods that share each GPU of NVIDIA, which take turns on it. @default 1 */
  readonly timeSlices?: number;
  /** How slices of NVIDIA's Multi-Instance GPUs are offered. @default "none" */
  readonly migStrategy?: "none" | "single" | "mixed";
  /** NVIDIA's configuration file, `version: v1`, below the settings above. @default none */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** A feature of nodes, as Node Feature Discovery finds it. */
export interface NodeFeature {
  /** Such as `pci.device` or `system.name`. */
  readonly feature: string;
  /** Conditions by the feature's attribute. */
  readonly matchExpressions: Readonly<Record<string, { readonly op: string; readonly value?: readonly string[] }>>;
}

export interface GpuNodePoolArgs {
  /** Resource that pods request, such as `nvidia.com/mig-1g.5gb` or `amd.com/gpu`. @default "nvidia.com/gpu" */
  readonly resource?: string;
  /** Names of the nodes that get the labels and the taint. @default [], for a node pool that sets its own */
  readonly nodes?: readonly string[];
  /**
   * Features of the nodes that get the labels and the taint, by a rule for Node Feature Discovery; `true`: a device of the
   * vendor. The cluster must have Node Feature Discovery, with `enableTaints` for the taint.
   *
   * @default false
   */
  readonly nodeFeatures?: boolean | readonly NodeFeature[];
  /** @default `accelerator: nvidia-gpu`, or `amd-gpu`; with `nodeFeatures` `ml-platform/accelerator` */
  readonly labels?: Readonly<Record<string, string>>;
  /** `false` sets none. @default `nvidia.com/gpu=present:NoSchedule`, or `amd.com/gpu` */
  readonly taint?: TaintArgs | false;
  /** Labels that select the nodes for the device plugin. @default `labels` */
  readonly selector?: Readonly<Record<string, string>>;
  /** RuntimeClass of the device plugin and of the pods with GPUs, such as `nvidia`. @default the nodes' own */
  readonly runtimeClassName?: string;
  /** `false` for a cluster that already has one, and for GPUs of other vendors. */
  readonly devicePlugin?: DevicePluginArgs | false;
}

/** A device plugin with every default filled in. */
export type ResolvedDevicePlugin = WithDefaults<DevicePluginArgs, "name" | "namespace" | "image" | "resources">;

/** A GPU node pool with every default filled in. Resolving it again changes nothing. */
export interface ResolvedGpuNodePool
  extends WithDefaults<GpuNodePoolArgs, "resource" | "nodes" | "labels" | "selector"> {
  readonly nodeFeatures: readonly NodeFeature[];
  readonly taint: Required<TaintArgs> | false;
  readonly devicePlugin: ResolvedDevicePlugin | false;
}

export type GpuVendor = "nvidia" | "amd";

/** The vendor of the GPUs that a resource names: that of NVIDIA unless it is AMD's. */
export function gpuVendor(resource: string): GpuVendor {
  return resource.startsWith("amd.com/") ? "amd" : "nvidia";
}

/** Vendor's number of its PCI devices. */
const PCI_VENDORS: Readonly<Record<GpuVendor, string>> = { nvidia: "10de", amd: "1002" };

export function resolveGpuNodePool(args: GpuNodePoolArgs = {}): ResolvedGpuNodePool {
  const {
    resource = defaults.gpuPool.resource,
    nodes = [],
    nodeFeatures = false,
    taint = {},
    devicePlugin = {},
  } = args;
  const vendor = defaults.gpuPool[gpuVendor(resource)];
  const features = typeof nodeFeatures === "boolean" ? vendorDevice(nodeFeatures, gpuVendor(resource)) : nodeFeatures;
  const label = features.length === 0 ? defaults.gpuPool.label : defaults.gpuPool.discoveredLabel;
  const labels = args.labels ?? { [label]: vendor.label };
  return {
    ...args,
    resource,
    nodes,
    nodeFeatures: features,
    labels,
    selector: args.selector ?? labels,
    taint:
      taint !== false &&
      withDefaults<TaintArgs, keyof TaintArgs>({ ...defaults.gpuPool.taint, key: vendor.taint }, taint),
    devicePlugin:
      devicePlugin !== false &&
      withDefaults<DevicePluginArgs, "name" | "namespace" | "image" | "resources">(
        { ...defaults.gpuPool.devicePlugin, ...vendor.plugin },
        devicePlugin,
      ),
  };
}

/** A display controller or a processing accelerator of the vendor. */
function vendorDevice(wanted: boolean, vendor: GpuVendor): readonly NodeFeature[] {
  if (!wanted) return [];
  const matchExpressions = {
    vendor: { op: "In", value: [PCI_VENDORS[vendor]] },
    class: { op: "InRegexp", value: ["^03", "^12"] },
  };
  return [{ feature: "pci.device", matchExpressions }];
}

/** Where pods with GPUs run, what they request, and by which runtime. */
export interface GpuPlacement extends PlacementArgs {
  /** @default "nvidia.com/gpu" */
  readonly resource?: string;
  /** @default the nodes' own */
  readonly runtimeClassName?: string;
}

/** Where pods that use the pool's GPUs run: on its nodes, tolerating its taint. */
export function gpuPlacement(pool?: GpuNodePoolArgs): GpuPlacement {
  const { resource, selector, taint, runtimeClassName } = resolveGpuNodePool(pool);
  return {
    resource,
    nodeSelector: selector,
    tolerations: taint === false ? [] : [{ ...defaults.toleration, key: taint.key, effect: taint.effect }],
    ...(runtimeClassName === undefined ? {} : { runtimeClassName }),
  };
}

/** GPUs of a workload's pods. */
export interface GpuArgs {
  /** GPUs of each pod, which then runs on the GPU nodes only. @default none */
  readonly gpus?: number;
  /** Resource that is requested for `gpus`, such as `nvidia.com/mig-1g.5gb`. @default "nvidia.com/gpu" */
  readonly gpuResource?: string;
  /** RuntimeClass of pods with `gpus`. @default the nodes' own */
  readonly runtimeClassName?: string;
}

/** What {@link resolveGpus} decides; nothing for a workload without GPUs. */
export type ResolvedGpus = Pick<GpuArgs, "gpuResource" | "runtimeClassName"> & { readonly resources: Resources };

/**
 * The resources of a container with its GPUs, and their runtime. Requests equal limits, since GPUs are not shared. Resolving
 * resolved settings again changes nothing.
 */
export function resolveGpus(
  args: GpuArgs,
  resources: Resources,
  placement: GpuPlacement = gpuPlacement(),
): ResolvedGpus {
  if (args.gpus === undefined) return { resources };
  const gpuResource = args.gpuResource ?? placement.resource ?? defaults.gpuPool.resource;
  const runtimeClassName = args.runtimeClassName ?? placement.runtimeClassName;
  const share = { [gpuResource]: String(args.gpus) };
  return {
    gpuResource,
    ...(runtimeClassName === undefined ? {} : { runtimeClassName }),
    resources: { requests: { ...resources.requests, ...share }, limits: { ...resources.limits, ...share } },
  };
}

/** A RuntimeClass in a pod's spec. */
export function runtimeClass({ runtimeClassName }: Pick<GpuArgs, "runtimeClassName">): { runtimeClassName?: string } {
  return runtimeClassName === undefined ? {} : { runtimeClassName };
}

/**
 * The part of a whole GPU that one unit of a resource is; 0 if it is no GPU. A slice of a Multi-Instance GPU has some of its seven
 * parts; `.shared` is one turn of several on the same GPU.
 *
 * @param timeSlices pods that share each GPU. @default 1
 */
export function gpuShare(resource: string, timeSlices = 1): number {
  const [, parts] = /^nvidia\.com\/mig-([1-7])g\./.exec(resource) ?? [];
  if (parts !== undefined) return Number(parts) / 7;
  return /^(nvidia|amd)\.com\/gpu(\.shared)?$/.test(resource) ? 1 / timeSlices : 0;
}
