import { expect } from "chai";
import { ModelService, type ModelServiceArgs } from "../../../components/index.ts";
import { only, optionsOf, record } from "../recorder.ts";

const args: ModelServiceArgs = {
  namespace: "ml",
  model: "half_plus_two",
  image: "inference:1",
  modelsClaim: "models",
  versions: [{ version: "1" }],
};

// biome-ignore lint/suspicious/noExplicitAny: manifests are read here as a person would read the YAML
type Manifest = any;

describe("ModelService", () => {
  it("creates a Deployment and a Service for each version, under valid names", async () => {
    const made = await record(
      () => new ModelService("m1", { ...args, versions: [{ version: "1" }, { version: "2" }] }),
    );
    expect(made.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`)).to.have.members([
      "ModelService m1",
      "Deployment half-plus-two-v1",
      "Service half-plus-two-v1",
      "Deployment half-plus-two-v2",
      "Service half-plus-two-v2",
    ]);
  });

  it("meets the Pod Security Standard restricted, with a read-only root", async () => {
    const made = await record(() => new ModelService("m2", args));
    const pod: Manifest = (only(made, "Deployment").inputs["spec"] as Manifest).template.spec;
    expect(pod.securityContext).to.include({ runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 });
    expect(pod.securityContext.seccompProfile).to.deep.equal({ type: "RuntimeDefault" });
    expect(pod.containers[0].securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(pod.automountServiceAccountToken).to.equal(false);
  });

  it("leaves the replicas to the autoscaler if there is one", async () => {
    const without = await record(() => new ModelService("m3", args));
    expect(optionsOf(only(without, "Deployment"))?.ignoreChanges).to.deep.equal([]);
    const autoscaling = { minReplicas: 2, maxReplicas: 10, cpuUtilization: 70, memoryUtilization: 80 };
    const made = await record(
      () => new ModelService("m4", { ...args, model: "scaled", versions: [{ version: "1", autoscaling }] }),
    );
    expect(optionsOf(only(made, "Deployment"))?.ignoreChanges).to.deep.equal(["spec.replicas"]);
    const spec: Manifest = only(made, "HorizontalPodAutoscaler").inputs["spec"];
    expect(spec.scaleTargetRef).to.deep.equal({ apiVersion: "apps/v1", kind: "Deployment", name: "scaled-v1-auto" });
    expect(spec.metrics.map((m: Manifest) => [m.resource.name, m.resource.target.averageUtilization])).to.deep.equal([
      ["cpu", 70],
      ["memory", 80],
    ]);
  });

  it("keeps selectors small and constant when other settings change", async () => {
    const made = await record(
      () =>
        new ModelService("m5", {
          ...args,
          image: "inference:2",
          versions: [{ version: "1", commitSha: "abc1234", modelVersion: "1.0.0", trainedDate: "2025-01-15" }],
        }),
    );
    const { metadata, spec }: Manifest = only(made, "Deployment").inputs;
    expect(spec.selector.matchLabels).to.deep.equal({ app: "half-plus-two", version: "v1" });
    expect(metadata.labels).to.include({
      "commit-sha": "abc1234",
      "model-version": "1.0.0",
      "trained-date": "2025-01-15",
    });
    expect(spec.template.metadata.labels).to.not.have.any.keys("commit-sha", "model-version", "trained-date");
    expect(metadata.annotations["kubernetes.io/change-cause"]).to.equal("half_plus_two version 1, image inference:2");
  });

  it("records the version's origin on its Deployment without rolling pods", async () => {
    const lineage = {
      commit: "0123abc-dirty",
      trainedDate: "2026-01-15",
      artifact: "a".repeat(64),
      image: "trainer:1@sha256:0123",
      parent: "1",
      regression: { version: "1", metric: "accuracy", value: 0.8, previous: 0.9 },
    };
    const versions = [{ version: "2", lineage, allowRegression: "the new data is harder" }];
    const made = await record(() => new ModelService("m5-lineage", { ...args, versions }));
    const { metadata, spec }: Manifest = only(made, "Deployment").inputs;
    expect(metadata.labels).to.include({ "commit-sha": "0123abc-dirty", "trained-date": "2026-01-15" });
    expect(metadata.annotations).to.include({
      "ml-platform/artifact-sha256": "a".repeat(64),
      "ml-platform/trainer-image": "trainer:1@sha256:0123",
      "ml-platform/parent-version": "1",
      "ml-platform/allow-regression": "the new data is harder",
    });
    expect(spec.template.metadata.annotations ?? {}).to.deep.equal({});
  });

  it("puts settings into an immutable ConfigMap, so that changing them rolls the pods", async () => {
    const environment = { LOG_LEVEL: "debug" };
    const made = await record(() => new ModelService("m6", { ...args, versions: [{ version: "1", environment }] }));
    expect(only(made, "ConfigMap").inputs).to.deep.include({ immutable: true, data: environment });
    const pod: Manifest = (only(made, "Deployment").inputs["spec"] as Manifest).template.spec;
    expect(pod.containers[0].envFrom).to.deep.equal([{ configMapRef: { name: "half-plus-two-v1-config-auto" } }]);
  });

  it("exits by itself before the kubelet kills it", async () => {
    const rollout = { terminationGracePeriodSeconds: 40, preStopSeconds: 10 };
    const made = await record(() => new ModelService("m7", { ...args, versions: [{ version: "1", rollout }] }));
    const pod: Manifest = (only(made, "Deployment").inputs["spec"] as Manifest).template.spec;
    const variables = Object.fromEntries(pod.containers[0].env.map((v: Manifest) => [v.name, v.value]));
    expect(variables).to.include({ DRAIN_SECONDS: "5", SHUTDOWN_SECONDS: "28" });
    expect(pod.containers[0].lifecycle).to.deep.equal({ preStop: { sleep: { seconds: 10 } } });
  });

  it("starts new pods before it removes old ones during a rollout", async () => {
    const made = await record(() => new ModelService("m8", args));
    const { strategy }: Manifest = only(made, "Deployment").inputs["spec"];
    expect(strategy).to.deep.equal({ type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
  });

  it("rejects a model without versions, and a request for the backend of a version that it does not have", () => {
    expect(() => new ModelService("m9", { ...args, versions: [] })).to.throw('model "half_plus_two" has no version');
    const service = new ModelService("m10", args);
    expect(() => service.backend("7")).to.throw('there is no version "7"; there is 1');
  });
});
