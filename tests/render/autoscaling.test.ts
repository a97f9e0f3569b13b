import { expect } from "chai";
import { forGitOps } from "../../render/gitops.ts";
import { workloadsAmong } from "../../review/words/workloads.ts";
import { objectsOf } from "./stacks.ts";

// biome-ignore lint/suspicious/noExplicitAny: manifests are read here as a person would read the YAML
type Manifest = any;

async function rendered(example: string): Promise<Manifest[]> {
  const objects = await objectsOf(example, [`examples/Pulumi.${example}.yaml`]);
  return forGitOps(objects).map(({ object }) => object);
}

const find = (objects: readonly Manifest[], kind: string, name: string): Manifest =>
  objects.find((object) => object.kind === kind && object.metadata.name === name);

describe("the examples that KEDA scales", function () {
  this.timeout(120_000);

  it("have ScaledObjects in place of HorizontalPodAutoscalers, which own the replicas", async () => {
    for (const example of ["keda", "llm"]) {
      const objects = await rendered(example);
      const kinds = objects.map(({ kind }) => kind);
      expect(kinds).to.include("ScaledObject").and.not.to.include("HorizontalPodAutoscaler");
      for (const { kind, metadata } of objects.filter((object) => object.kind === "ScaledObject")) {
        expect(kind).to.equal("ScaledObject");
        expect(find(objects, "Deployment", metadata.name).spec).not.to.have.property("replicas");
      }
    }
  });

  it("start from messages that wait, whose credentials are an object of the stack", async () => {
    const objects = await rendered("keda");
    const { spec } = find(objects, "ScaledObject", "tickets-v1");
    expect(spec).to.include({ minReplicaCount: 0, maxReplicaCount: 3, cooldownPeriod: 600 });
    expect(spec.triggers.map(({ type }: Manifest) => type)).to.deep.equal(["prometheus", "rabbitmq", "cron"]);
    const { name } = spec.triggers[1].authenticationRef;
    expect(find(objects, "TriggerAuthentication", name).metadata.namespace).to.equal("scoring");
  });

  it("serve a language model at OpenAI's routes, and scale on the requests that wait", async () => {
    const objects = await rendered("llm");
    const [rule] = find(objects, "HTTPRoute", "qwen").spec.rules;
    // A rewritten path would not be OpenAI's.
    expect(rule).not.to.have.property("filters");
    expect(rule.timeouts).to.deep.equal({ request: "0s" });
    const { spec } = find(objects, "Deployment", "qwen-v1").spec.template;
    expect(spec.containers[0].args[0]).to.equal("/models/qwen/1");
    expect(spec.volumes).to.deep.include({
      name: "shared-memory",
      emptyDir: { medium: "Memory", sizeLimit: "8Gi" },
    });
    const [trigger] = find(objects, "ScaledObject", "qwen-v1").spec.triggers;
    expect(trigger.metadata).to.deep.equal({
      serverAddress: "http://prometheus-operated.monitoring.svc:9090",
      query: 'sum(vllm:num_requests_waiting{namespace="llm",service="qwen-v1"})',
      threshold: "4",
    });
  });

  it("are described to reviewers by their range and their triggers", async () => {
    const workloads = workloadsAmong(await rendered("keda"));
    const ranges = Object.fromEntries(workloads.map(({ name, facts }) => [name, facts["autoscaler"]]));
    expect(ranges).to.include({
      "sentiment-v1": "2–8 pods, prometheus",
      "tickets-v1": "0–3 pods, prometheus, rabbitmq, cron",
    });
  });
});
