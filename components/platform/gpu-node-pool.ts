import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { placementManifest } from "../kubernetes/container.ts";
import { objectMeta } from "../kubernetes/names.ts";
import {
  type DevicePluginArgs,
  type GpuNodePoolArgs,
  gpuPlacement,
  type ResolvedGpuNodePool,
  resolveGpuNodePool,
} from "./resolve.ts";

/** Where the kubelet listens for device plugins. */
const PLUGIN_FOLDER = "/var/lib/kubelet/device-plugins";

/** The nodes with GPUs: their labels and taint, and the plugin that makes their GPUs available to pods. */
export class GpuNodePool extends pulumi.ComponentResource {
  constructor(name: string, args: GpuNodePoolArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:platform:GpuNodePool", name, {}, opts);
    const pool = resolveGpuNodePool(args);
    for (const node of pool.nodes) {
      new k8s.core.v1.NodePatch(`${name}-${node}`, nodePatchManifest(node, pool), { parent: this });
    }
    if (pool.devicePlugin !== false) this.devicePlugin(name, pool, pool.devicePlugin);
    this.registerOutputs();
  }

  private devicePlugin(name: string, pool: ResolvedGpuNodePool, plugin: Required<DevicePluginArgs>): void {
    const namespace =
      plugin.namespace === "kube-system"
        ? "kube-system"
        : new k8s.core.v1.Namespace(`${name}-device-plugin`, pluginNamespace(plugin.namespace), { parent: this })
            .metadata.name;
    new k8s.apps.v1.DaemonSet(`${name}-device-plugin`, devicePluginManifest(namespace, pool, plugin), { parent: this });
  }
}

/**
 * The labels and the taint of one node. Other controllers own most of a node, so these few fields are forced.
 *
 * Server-side apply treats taints as one list: taints that others set on the node are removed.
 */
function nodePatchManifest(node: string, { labels, taint }: ResolvedGpuNodePool): k8s.core.v1.NodePatchArgs {
  return {
    metadata: { name: node, labels: { ...labels }, annotations: { "pulumi.com/patchForce": "true" } },
    ...(taint === false ? {} : { spec: { taints: [taint] } }),
  };
}

/** A privileged namespace, because the plugin mounts a folder of the node. */
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
  pool: GpuNodePoolArgs,
  { name, image, resources }: Required<DevicePluginArgs>,
): k8s.apps.v1.DaemonSetArgs {
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
          ...placementManifest(gpuPlacement(pool)),
          securityContext: { seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "nvidia-device-plugin",
              image,
              // On a node without a working driver the plugin waits instead of restarting again and again.
              env: [{ name: "FAIL_ON_INIT_ERROR", value: "false" }],
              resources,
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
