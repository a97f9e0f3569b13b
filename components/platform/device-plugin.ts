import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { placementManifest } from "../kubernetes/container.ts";
import { objectMeta } from "../kubernetes/names.ts";
import {
  type DevicePluginArgs,
  type GpuNodePoolArgs,
  gpuPlacement,
  gpuVendor,
  type ResolvedDevicePlugin,
  resolveGpuNodePool,
  runtimeClass,
} from "./gpu-pool.ts";

/** Where the kubelet listens for device plugins. */
const PLUGIN_FOLDER = "/var/lib/kubelet/device-plugins";
/** Name of NVIDIA's configuration file, and where it is mounted. */
export const CONFIG_FILE = "config.yaml";
const CONFIG_FOLDER = "/etc/device-plugin";

/**
 * NVIDIA's configuration file: the given one with the shared GPUs and the strategy for slices; undefined if nothing is set.
 *
 * @see https://github.com/NVIDIA/k8s-device-plugin#configuring-the-nvidia-device-plugin-binary
 */
export function pluginConfig({ timeSlices, migStrategy, config }: DevicePluginArgs): string | undefined {
  if (timeSlices === undefined && migStrategy === undefined && config === undefined) return undefined;
  const { flags, sharing, ...rest } = config ?? {};
  const timeSlicing = { resources: [{ name: "nvidia.com/gpu", replicas: timeSlices }] };
  const file = {
    version: "v1",
    ...rest,
    ...(flags === undefined && migStrategy === undefined
      ? {}
      : { flags: { ...Object(flags), ...(migStrategy === undefined ? {} : { migStrategy }) } }),
    ...(sharing === undefined && timeSlices === undefined
      ? {}
      : { sharing: { ...Object(sharing), ...(timeSlices === undefined ? {} : { timeSlicing }) } }),
  };
  // JSON is YAML as well.
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/**
 * The vendor's device plugin on every GPU node.
 *
 * @param configMap ConfigMap with the configuration file. @default none
 * @see https://github.com/NVIDIA/k8s-device-plugin/blob/main/deployments/static/nvidia-device-plugin.yml
 * @see https://github.com/ROCm/k8s-device-plugin/blob/master/k8s-ds-amdgpu-dp.yaml
 */
export function devicePluginManifest(
  namespace: pulumi.Input<string>,
  pool: GpuNodePoolArgs,
  { name, image, resources }: ResolvedDevicePlugin,
  configMap?: pulumi.Input<string>,
): k8s.apps.v1.DaemonSetArgs {
  const matchLabels = { name };
  const { container, env, volumes, volumeMounts } = pluginOf(pool, configMap);
  return {
    metadata: objectMeta({ name, namespace, labels: matchLabels }),
    spec: {
      selector: { matchLabels },
      updateStrategy: { type: "RollingUpdate" },
      template: {
        metadata: { labels: matchLabels },
        spec: {
          priorityClassName: "system-node-critical",
          ...runtimeClass(pool),
          automountServiceAccountToken: false,
          ...placementManifest(gpuPlacement(pool)),
          securityContext: { seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: container,
              image,
              ...(env.length === 0 ? {} : { env }),
              resources,
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
              volumeMounts: [{ name: "device-plugin", mountPath: PLUGIN_FOLDER }, ...volumeMounts],
            },
          ],
          volumes: [{ name: "device-plugin", hostPath: { path: PLUGIN_FOLDER } }, ...volumes],
        },
      },
    },
  };
}

/** What differs between the vendors. */
function pluginOf(pool: GpuNodePoolArgs, configMap: pulumi.Input<string> | undefined) {
  if (gpuVendor(resolveGpuNodePool(pool).resource) === "amd") {
    return {
      container: "amdgpu-device-plugin",
      env: [],
      // The plugin reads the devices and their topology there.
      volumes: [{ name: "sys", hostPath: { path: "/sys" } }],
      volumeMounts: [{ name: "sys", mountPath: "/sys", readOnly: true }],
    };
  }
  // On a node without a working driver the plugin waits instead of restarting again and again.
  const wait = { name: "FAIL_ON_INIT_ERROR", value: "false" };
  if (configMap === undefined) return { container: "nvidia-device-plugin", env: [wait], volumes: [], volumeMounts: [] };
  return {
    container: "nvidia-device-plugin",
    env: [wait, { name: "CONFIG_FILE", value: `${CONFIG_FOLDER}/${CONFIG_FILE}` }],
    volumes: [{ name: "config", configMap: { name: configMap } }],
    volumeMounts: [{ name: "config", mountPath: CONFIG_FOLDER, readOnly: true }],
  };
}
