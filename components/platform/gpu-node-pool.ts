import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectMeta } from "../kubernetes/names.ts";
import { configMapManifest } from "./config-maps.ts";
import { CONFIG_FILE, devicePluginManifest, pluginConfig } from "./device-plugin.ts";
import {
  type GpuNodePoolArgs,
  type ResolvedDevicePlugin,
  type ResolvedGpuNodePool,
  resolveGpuNodePool,
} from "./gpu-pool.ts";

/** The nodes with GPUs: their labels and taint, and the plugin that makes their GPUs available to pods. */
export class GpuNodePool extends pulumi.ComponentResource {
  constructor(name: string, args: GpuNodePoolArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:platform:GpuNodePool", name, {}, opts);
    const pool = resolveGpuNodePool(args);
    for (const node of pool.nodes) {
      new k8s.core.v1.NodePatch(`${name}-${node}`, nodePatchManifest(node, pool), { parent: this });
    }
    if (pool.nodeFeatures.length > 0) {
      new k8s.apiextensions.CustomResource(`${name}-nodes`, nodeFeatureRule(pool), { parent: this });
    }
    if (pool.devicePlugin !== false) this.devicePlugin(name, pool, pool.devicePlugin);
    this.registerOutputs();
  }

  private devicePlugin(name: string, pool: ResolvedGpuNodePool, plugin: ResolvedDevicePlugin): void {
    const namespace =
      plugin.namespace === "kube-system"
        ? "kube-system"
        : new k8s.core.v1.Namespace(`${name}-device-plugin`, pluginNamespace(plugin.namespace), { parent: this })
            .metadata.name;
    const config = pluginConfig(plugin);
    const configMap =
      config === undefined
        ? undefined
        : new k8s.core.v1.ConfigMap(
            `${name}-device-plugin`,
            configMapManifest(namespace, { data: { [CONFIG_FILE]: config } }),
            { parent: this },
          ).metadata.name;
    new k8s.apps.v1.DaemonSet(`${name}-device-plugin`, devicePluginManifest(namespace, pool, plugin, configMap), {
      parent: this,
    });
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
 * The rule by which Node Feature Discovery labels and taints nodes. Labels and taints of a node that no longer fits are removed.
 *
 * @see https://kubernetes-sigs.github.io/node-feature-discovery/stable/usage/customization-guide#nodefeaturerule-custom-resource
 */
function nodeFeatureRule({ labels, taint, nodeFeatures }: ResolvedGpuNodePool): k8s.apiextensions.CustomResourceArgs {
  const rule = {
    name: "GPU node pool",
    labels: { ...labels },
    ...(taint === false ? {} : { taints: [taint] }),
    matchFeatures: nodeFeatures.map(({ feature, matchExpressions }) => ({
      feature,
      matchExpressions: { ...matchExpressions },
    })),
  };
  return {
    apiVersion: "nfd.k8s-sigs.io/v1alpha1",
    kind: "NodeFeatureRule",
    metadata: objectMeta({}),
    spec: { rules: [rule] },
  };
}
