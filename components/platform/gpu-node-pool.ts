import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { defaultDevicePluginResources, GPU_RESOURCE, gpuNodes } from "../defaults.ts";
import { type PlacementArgs, placementOf } from "../kubernetes/container.ts";
import { objectMeta } from "../kubernetes/names.ts";
import type { Resources } from "../kubernetes/pod.ts";

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
  /** Its namespace; any other than kube-system is made. @default "kube-system" */
  readonly namespace?: string;
  /** @default {@link DEVICE_PLUGIN_IMAGE} */
  readonly image?: string;
  /** @default {@link defaultDevicePluginResources} */
  readonly resources?: Resources;
}

export interface GpuNodePoolArgs {
  /** Names of the nodes that get the labels and the taint. @default none: the node pool sets its own */
  readonly nodes?: readonly string[];
  /** @default `accelerator: nvidia-gpu` */
  readonly labels?: Readonly<Record<string, string>>;
  /** `false` sets none. @default `nvidia.com/gpu=present:NoSchedule` */
  readonly taint?: TaintArgs | false;
  /** Labels that pick the nodes for the device plugin. @default `labels` */
  readonly selector?: Readonly<Record<string, string>>;
  /** `false` where the cluster has one. */
  readonly devicePlugin?: DevicePluginArgs | false;
}

/** The device plugin's image. */
export const DEVICE_PLUGIN_IMAGE = "nvcr.io/nvidia/k8s-device-plugin:v0.17.4";

/** Where the kubelet listens for device plugins. */
const PLUGIN_FOLDER = "/var/lib/kubelet/device-plugins";

/** The nodes with GPUs: their labels and taint, and the plugin that offers their GPUs to pods. */
export class GpuNodePool extends pulumi.ComponentResource {
  constructor(name: string, args: GpuNodePoolArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:platform:GpuNodePool", name, {}, opts);
    for (const node of args.nodes ?? []) {
      new k8s.core.v1.NodePatch(`${name}-${node}`, nodePatchManifest(node, args), { parent: this });
    }
    if (args.devicePlugin !== false) this.devicePlugin(name, args, args.devicePlugin ?? {});
    this.registerOutputs();
  }

  private devicePlugin(name: string, args: GpuNodePoolArgs, plugin: DevicePluginArgs): void {
    const namespace =
      plugin.namespace === undefined || plugin.namespace === "kube-system"
        ? "kube-system"
        : new k8s.core.v1.Namespace(`${name}-device-plugin`, pluginNamespace(plugin.namespace), { parent: this })
            .metadata.name;
    new k8s.apps.v1.DaemonSet(`${name}-device-plugin`, devicePluginManifest(namespace, args, plugin), { parent: this });
  }
}

/**
 * The labels and the taint of one node. Others own most of a node, so these few fields are taken by force.
 *
 * Taints are one list to server-side apply: those that others set on the node go.
 */
export function nodePatchManifest(
  node: string,
  { labels, taint }: Pick<GpuNodePoolArgs, "labels" | "taint">,
): k8s.core.v1.NodePatchArgs {
  return {
    metadata: {
      name: node,
      labels: { ...(labels ?? gpuNodes.nodeSelector) },
      annotations: { "pulumi.com/patchForce": "true" },
    },
    ...(taint === false ? {} : { spec: { taints: [taintOf(taint)] } }),
  };
}

function taintOf(taint: TaintArgs = {}): Required<TaintArgs> {
  return { key: taint.key ?? GPU_RESOURCE, value: taint.value ?? "present", effect: taint.effect ?? "NoSchedule" };
}

/** Where pods that use the pool's GPUs run: the labels of its nodes, and its taint put up with. */
export function gpuPlacement({ labels, selector, taint }: GpuNodePoolArgs): PlacementArgs {
  const { key, effect } = taintOf(taint === false ? {} : taint);
  return {
    nodeSelector: selector ?? labels ?? gpuNodes.nodeSelector,
    tolerations: taint === false ? [] : [{ key, operator: "Exists", effect }],
  };
}

/** A namespace for the plugin, which has to reach into the node. */
function pluginNamespace(name: string): k8s.core.v1.NamespaceArgs {
  return { metadata: objectMeta({ name, labels: { name, "pod-security.kubernetes.io/enforce": "privileged" } }) };
}

/**
 * NVIDIA's device plugin on every GPU node.
 *
 * @see https://github.com/NVIDIA/k8s-device-plugin/blob/main/deployments/static/nvidia-device-plugin.yml
 */
export function devicePluginManifest(
  namespace: pulumi.Input<string>,
  pool: Pick<GpuNodePoolArgs, "labels" | "selector" | "taint">,
  plugin: DevicePluginArgs,
): k8s.apps.v1.DaemonSetArgs {
  const name = plugin.name ?? "nvidia-device-plugin-daemonset";
  const matchLabels = { name };
  return {
    metadata: objectMeta({ name, namespace, labels: matchLabels }),
    spec: {
      selector: { matchLabels },
      updateStrategy: { type: "RollingUpdate" },
      template: {
        metadata: { labels: matchLabels },
        spec: {
          priorityClassName: "system-node-critical",
          automountServiceAccountToken: false,
          ...placementOf(gpuPlacement(pool)),
          securityContext: { seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "nvidia-device-plugin",
              image: plugin.image ?? DEVICE_PLUGIN_IMAGE,
              // A node without a working driver waits, instead of failing over and over.
              env: [{ name: "FAIL_ON_INIT_ERROR", value: "false" }],
              resources: plugin.resources ?? defaultDevicePluginResources,
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
              volumeMounts: [{ name: "device-plugin", mountPath: PLUGIN_FOLDER }],
            },
          ],
          volumes: [{ name: "device-plugin", hostPath: { path: PLUGIN_FOLDER } }],
        },
      },
    },
  };
}
