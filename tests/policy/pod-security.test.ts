import { expect } from "chai";
import { defaults } from "../../components/defaults/defaults.ts";
import { restrictedContainer, restrictedPod } from "../../components/kubernetes/pod.ts";
import { devicePluginManifest } from "../../components/platform/device-plugin.ts";
import { type ResolvedDevicePlugin, resolveGpuNodePool } from "../../components/platform/gpu-pool.ts";
import { UNKNOWN } from "../../policy/objects/fields.ts";
import { podSecurityViolations } from "../../policy/rules/pod-security.ts";
import { type Fields, GOOD_CONTAINER, object, podOf, workload } from "./support.ts";

describe("policy: pods have no privileges on the node", () => {
  const container = (securityContext: unknown) =>
    podSecurityViolations(podOf({ securityContext })).map((line) =>
      line.replace("Pod ml/x: spec.containers[0].securityContext", ""),
    );
  const pod = (spec: object) =>
    podSecurityViolations(object(workload("Pod", { containers: [GOOD_CONTAINER], ...spec })));

  it("accepts the platform's pods", () => {
    const spec = { securityContext: restrictedPod, containers: [{ securityContext: restrictedContainer }] };
    expect(podSecurityViolations(object(workload("Deployment", spec)))).to.deep.equal([]);
  });

  it("requires allowPrivilegeEscalation: false", () => {
    expect(container(undefined)).to.deep.equal([".allowPrivilegeEscalation: is not set; set it to false"]);
    expect(container({ allowPrivilegeEscalation: true })).to.deep.equal([
      ".allowPrivilegeEscalation: is true; set it to false",
    ]);
    expect(container({ allowPrivilegeEscalation: UNKNOWN })).to.deep.equal([]);
  });

  it("reports privileged containers, added capabilities, root and host processes", () => {
    const base = { allowPrivilegeEscalation: false };
    expect(container({ ...base, privileged: true })).to.deep.equal([
      ".privileged: gives the container all of the node; remove it",
    ]);
    expect(container({ ...base, capabilities: { drop: ["ALL"], add: ["SYS_ADMIN", "NET_RAW"] } })).to.deep.equal([
      ".capabilities.add: adds SYS_ADMIN, NET_RAW; add none",
    ]);
    expect(container({ ...base, capabilities: { add: [] }, privileged: false, runAsUser: 1 })).to.deep.equal([]);
    expect(container({ ...base, runAsUser: 0 })).to.deep.equal([
      ".runAsUser: 0 is root; name another user, such as 1000",
    ]);
    expect(container({ ...base, windowsOptions: { hostProcess: true } })).to.deep.equal([
      ".windowsOptions.hostProcess: runs on the node itself; remove it",
    ]);
  });

  it("reports host namespaces, and root for the whole pod", () => {
    expect(pod({ hostNetwork: true, hostPID: true, hostIPC: true })).to.deep.equal(
      ["hostNetwork", "hostPID", "hostIPC"].map(
        (name) => `Pod ml/x: spec.${name}: shares the node's own with the pod; remove it`,
      ),
    );
    expect(pod({ securityContext: { runAsUser: 0 } })).to.deep.equal([
      "Pod ml/x: spec.securityContext.runAsUser: 0 is root; name another user, such as 1000",
    ]);
    expect(pod({ hostNetwork: false, hostPID: undefined })).to.deep.equal([]);
  });

  it("checks init and ephemeral containers, also in CronJobs", () => {
    const securityContext = { allowPrivilegeEscalation: false, privileged: true };
    const spec = { initContainers: [{ securityContext }], ephemeralContainers: [{ securityContext }] };
    expect(podSecurityViolations(object(workload("CronJob", spec)))).to.deep.equal(
      ["initContainers", "ephemeralContainers"].map(
        (list) =>
          `CronJob ml/x: spec.jobTemplate.spec.template.spec.${list}[0].securityContext.privileged: gives the container all of the node; remove it`,
      ),
    );
  });

  it("does not report fields that a patch omits", () => {
    expect(podSecurityViolations(podOf({ securityContext: undefined }, { patch: true }))).to.deep.equal([]);
    const escalating = podOf({ securityContext: { allowPrivilegeEscalation: true } }, { patch: true });
    expect(podSecurityViolations(escalating)).to.have.length(1);
  });

  describe("hostPath volumes", () => {
    const plugin = (
      args: { name?: string; image?: string },
      namespace = "kube-system",
      resource: string = defaults.gpuPool.resource,
    ) => {
      const { devicePlugin, ...pool } = resolveGpuNodePool({ resource, devicePlugin: args });
      const { metadata, spec } = devicePluginManifest(namespace, pool, devicePlugin as ResolvedDevicePlugin);
      return { kind: "DaemonSet", metadata, spec } as Fields;
    };

    it("are denied", () => {
      expect(
        pod({
          volumes: [
            { name: "a", emptyDir: {} },
            { name: "b", hostPath: { path: "/" } },
          ],
        }),
      ).to.deep.equal([
        "Pod ml/x: spec.volumes[1].hostPath: mounts / of the node; use a PersistentVolumeClaim or an emptyDir",
      ]);
      expect(pod({ volumes: UNKNOWN })).to.deep.equal([]);
    });

    it("of the GPU device plugin are allowed for the folder that it needs", () => {
      expect(podSecurityViolations(object(plugin({})))).to.deep.equal([]);
      expect(podSecurityViolations(object(plugin({}, "kube-system", "amd.com/gpu")))).to.deep.equal([]);
    });

    it("are not allowed for another kind, name, namespace or folder", () => {
      const folder = "/var/lib/kubelet/device-plugins";
      const elsewhere = JSON.parse(
        JSON.stringify(plugin({})).replaceAll(`"path":"${folder}`, '"path":"/var/lib/kubelet'),
      );
      const others = [{ ...plugin({}), kind: "Deployment" }, plugin({ name: "other" }), plugin({}, "gpu"), elsewhere];
      for (const other of others) expect(podSecurityViolations(object(other))).to.have.length(1);
      expect(podSecurityViolations(object(plugin({}, "gpu")), [`DaemonSet gpu/* ${folder}`])).to.deep.equal([]);
    });
  });
});
