import { expect } from "chai";
import { GpuNodePool, type GpuNodePoolArgs } from "../../../components/index.ts";
import { only, record } from "../recorder.ts";

// biome-ignore lint/suspicious/noExplicitAny: manifests are read here as a person would read the YAML
type Manifest = any;

let made = 0;
const registered = (args: GpuNodePoolArgs) =>
  record(() => {
    new GpuNodePool(`gpu-${++made}`, args);
  });

describe("GpuNodePool", () => {
  it("forces its labels and taints onto the named nodes, because other controllers own the rest of the node", async () => {
    const { metadata, spec }: Manifest = only(await registered({ nodes: ["node-1"] }), "NodePatch").inputs;
    expect(metadata).to.deep.equal({
      name: "node-1",
      labels: { accelerator: "nvidia-gpu" },
      annotations: { "pulumi.com/patchForce": "true" },
    });
    expect(spec.taints).to.deep.equal([{ key: "nvidia.com/gpu", value: "present", effect: "NoSchedule" }]);
  });

  it("sets no taint if the pool has none", async () => {
    const { inputs } = only(await registered({ nodes: ["node-2"], taint: false }), "NodePatch");
    expect(inputs).to.not.have.property("spec");
  });

  it("runs the device plugin on the GPU nodes, with the kubelet's folder and no privileges", async () => {
    const { metadata, spec }: Manifest = only(await registered({}), "DaemonSet").inputs;
    expect(metadata).to.include({ name: "nvidia-device-plugin-daemonset", namespace: "kube-system" });
    const pod = spec.template.spec;
    expect(pod.nodeSelector).to.deep.equal({ accelerator: "nvidia-gpu" });
    expect(pod.tolerations).to.deep.equal([{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }]);
    expect(pod.volumes[0].hostPath.path).to.equal("/var/lib/kubelet/device-plugins");
    expect(pod.containers[0].securityContext).to.include({ allowPrivilegeEscalation: false });
    expect(pod.containers[0].image).to.match(/^nvcr\.io\/nvidia\/k8s-device-plugin:v[0-9.]+$/);
  });

  it("runs the plugin on nodes labeled by a cloud, in its own namespace", async () => {
    const objects = await registered({
      selector: { "cloud.google.com/gke-nodepool": "gpu" },
      taint: { key: "gpu", effect: "NoExecute" },
      devicePlugin: { name: "plugin", namespace: "gpu-system" },
    });
    const { metadata, spec }: Manifest = only(objects, "DaemonSet").inputs;
    expect(metadata).to.include({ name: "plugin", namespace: "gpu-system" });
    expect(spec.template.spec.nodeSelector).to.deep.equal({ "cloud.google.com/gke-nodepool": "gpu" });
    expect(spec.template.spec.tolerations).to.deep.equal([{ key: "gpu", operator: "Exists", effect: "NoExecute" }]);
    const namespace: Manifest = only(objects, "Namespace").inputs;
    expect(namespace.metadata.labels).to.include({ "pod-security.kubernetes.io/enforce": "privileged" });
  });

  it("leaves out the plugin if the cluster already has one", async () => {
    const objects = await registered({ devicePlugin: false });
    expect(objects.filter(({ type }) => type.endsWith(":DaemonSet"))).to.deep.equal([]);
  });

  it("labels and taints nodes by their features, through a rule of Node Feature Discovery", async () => {
    const objects = await registered({ nodeFeatures: true });
    const { apiVersion, spec }: Manifest = only(objects, "NodeFeatureRule").inputs;
    expect(apiVersion).to.equal("nfd.k8s-sigs.io/v1alpha1");
    expect(spec.rules).to.deep.equal([
      {
        name: "GPU node pool",
        labels: { "ml-platform/accelerator": "nvidia-gpu" },
        taints: [{ key: "nvidia.com/gpu", value: "present", effect: "NoSchedule" }],
        matchFeatures: [
          {
            feature: "pci.device",
            matchExpressions: {
              vendor: { op: "In", value: ["10de"] },
              class: { op: "InRegexp", value: ["^03", "^12"] },
            },
          },
        ],
      },
    ]);
    const plugin: Manifest = only(objects, "DaemonSet").inputs;
    expect(plugin.spec.template.spec.nodeSelector).to.deep.equal({ "ml-platform/accelerator": "nvidia-gpu" });
  });

  it("shares GPUs and offers slices by the plugin's configuration file, whose change rolls the plugin", async () => {
    const objects = await registered({
      runtimeClassName: "nvidia",
      devicePlugin: { timeSlices: 4, migStrategy: "single", config: { flags: { plugin: { passDeviceSpecs: true } } } },
    });
    const configMap: Manifest = only(objects, "ConfigMap").inputs;
    expect(configMap.immutable).to.equal(true);
    expect(JSON.parse(configMap.data["config.yaml"])).to.deep.equal({
      version: "v1",
      flags: { plugin: { passDeviceSpecs: true }, migStrategy: "single" },
      sharing: { timeSlicing: { resources: [{ name: "nvidia.com/gpu", replicas: 4 }] } },
    });
    const { template }: Manifest = only(objects, "DaemonSet").inputs["spec"];
    expect(template.spec.runtimeClassName).to.equal("nvidia");
    const [container] = template.spec.containers;
    expect(container.env).to.deep.include({ name: "CONFIG_FILE", value: "/etc/device-plugin/config.yaml" });
    expect(container.volumeMounts).to.deep.include({ name: "config", mountPath: "/etc/device-plugin", readOnly: true });
    expect(template.spec.volumes[1].configMap.name).to.match(/-auto$/);
  });

  it("runs AMD's plugin for AMD's GPUs", async () => {
    const { spec }: Manifest = only(await registered({ resource: "amd.com/gpu" }), "DaemonSet").inputs;
    const pod = spec.template.spec;
    expect(pod.containers[0].image).to.match(/^docker\.io\/rocm\/k8s-device-plugin:[0-9.]+$/);
    expect(pod.nodeSelector).to.deep.equal({ accelerator: "amd-gpu" });
    expect(pod.tolerations[0].key).to.equal("amd.com/gpu");
    expect(pod.volumes.map(({ hostPath }: Manifest) => hostPath.path)).to.deep.equal([
      "/var/lib/kubelet/device-plugins",
      "/sys",
    ]);
  });
});
