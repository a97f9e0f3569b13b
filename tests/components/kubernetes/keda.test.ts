import { expect } from "chai";
import { ModelService } from "../../../components/index.ts";
import { only, optionsOf, record } from "../recorder.ts";

// biome-ignore lint/suspicious/noExplicitAny: manifests are read here as a person would read the YAML
type Manifest = any;

const made = (autoscaling: object) =>
  record(
    () =>
      new ModelService("keda", {
        namespace: "ml",
        model: "fraud_score",
        image: "inference:1",
        modelsClaim: "models",
        versions: [{ version: "2", autoscaling: { minReplicas: 0, maxReplicas: 5, ...autoscaling } }],
      }),
  );

describe("the ScaledObject of a version", () => {
  it("takes the place of a HorizontalPodAutoscaler, and owns the replicas", async () => {
    const resources = await made({ keda: { pollingInterval: 10, cooldownPeriod: 60 } });
    expect(resources.map(({ type }) => type).join()).not.to.contain("HorizontalPodAutoscaler");
    expect(optionsOf(only(resources, "Deployment"))?.ignoreChanges).to.deep.equal(["spec.replicas"]);
    const { apiVersion, metadata, spec }: Manifest = only(resources, "ScaledObject").inputs;
    expect(apiVersion).to.equal("keda.sh/v1alpha1");
    expect(metadata).to.include({ namespace: "ml" });
    expect(spec).to.deep.include({
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "fraud-score-v2-auto" },
      minReplicaCount: 0,
      maxReplicaCount: 5,
      pollingInterval: 10,
      cooldownPeriod: 60,
    });
    expect(spec).not.to.have.any.keys("prometheus", "fallback", "advanced");
  });

  it("has the targets of any autoscaler as triggers", async () => {
    const scaleDown = { stabilizationWindowSeconds: 30 };
    const fallback = { failureThreshold: 3, replicas: 2 };
    const resources = await made({
      cpuUtilization: 70,
      memoryUtilization: 80,
      queueDepth: 16,
      scaleDown,
      keda: { prometheus: "http://p:9090", fallback },
    });
    const { spec }: Manifest = only(resources, "ScaledObject").inputs;
    expect(spec.triggers).to.deep.equal([
      { type: "cpu", metricType: "Utilization", metadata: { value: "70" } },
      { type: "memory", metricType: "Utilization", metadata: { value: "80" } },
      {
        type: "prometheus",
        metadata: {
          serverAddress: "http://p:9090",
          query: 'sum(model_queue_depth{namespace="ml",model="fraud_score",version="2"})',
          threshold: "16",
        },
      },
    ]);
    expect(spec.advanced).to.deep.equal({ horizontalPodAutoscalerConfig: { behavior: { scaleDown } } });
    expect(spec.fallback).to.deep.equal(fallback);
  });

  it("fills in where a trigger looks", async () => {
    const triggers = [
      { type: "prometheus", metadata: { query: 'q{service="$service"}', threshold: "1" } },
      { type: "prometheus", metadata: { serverAddress: "http://other:9090", query: "$modelling", threshold: "1" } },
      {
        type: "metrics-api",
        metadata: { url: "http://$service.$namespace:9090/metrics", valueLocation: "$model/$version" },
        authenticationRef: { name: "key" },
      },
    ];
    const resources = await made({ keda: { prometheus: "http://p:9090", triggers } });
    const { spec }: Manifest = only(resources, "ScaledObject").inputs;
    expect(spec.triggers).to.deep.equal([
      {
        type: "prometheus",
        metadata: { serverAddress: "http://p:9090", query: 'q{service="fraud-score-v2-auto"}', threshold: "1" },
      },
      {
        type: "prometheus",
        metadata: { serverAddress: "http://other:9090", query: "$modelling", threshold: "1" },
      },
      {
        type: "metrics-api",
        metadata: { url: "http://fraud-score-v2-auto.ml:9090/metrics", valueLocation: "fraud_score/2" },
        authenticationRef: { name: "key" },
      },
    ]);
  });
});
