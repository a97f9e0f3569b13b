import { expect } from "chai";
import { apiVersionsOf, kindOf, POD_TEMPLATE } from "../../../../components/kubernetes/api/api.ts";
import { objectProblems, patchProblems } from "../../../../components/kubernetes/api/problems.ts";

const lines = (problems: readonly { path: string; message: string }[]) =>
  problems.map(({ path, message }) => `${path}: ${message}`);

const template = { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "server", image: "a:1" }] } };

describe("what Kubernetes' API refuses about a pod template", () => {
  const problems = (spec: object) => lines(patchProblems({ spec }, template, POD_TEMPLATE, "pod"));

  for (const [title, spec, expected] of [
    [
      "an unknown field",
      { priorityClasName: "high" },
      "pod.spec.priorityClasName: unknown field; did you mean priorityClassName?",
    ],
    ["an unknown field that is like no other", { zzz: 1 }, "pod.spec.zzz: unknown field"],
    [
      "a number in place of text",
      { containers: [{ name: "server", env: [{ name: "A", value: 8 }] }] },
      'pod.spec.containers[0].env[0].value: must be text; write it in quotes: "8"',
    ],
    [
      "text in place of a number",
      { terminationGracePeriodSeconds: "30" },
      "pod.spec.terminationGracePeriodSeconds: must be a whole number; write it without quotes: 30",
    ],
    ["text in place of true", { hostNetwork: "yes" }, "pod.spec.hostNetwork: must be true or false"],
    ["a single item in place of a list", { tolerations: { key: "a" } }, "pod.spec.tolerations: must be a list"],
    [
      "an item without its key",
      { containers: [{ image: "b" }] },
      "pod.spec.containers[0].name: is missing; it says which item of the list is meant",
    ],
    [
      "a new mount without its volume",
      { containers: [{ name: "server", volumeMounts: [{ mountPath: "/x" }] }] },
      "pod.spec.containers[0].volumeMounts[0].name: is missing",
    ],
    [
      "an unfinished item of a list that is replaced",
      { topologySpreadConstraints: [{ topologyKey: "zone" }] },
      "pod.spec.topologySpreadConstraints[0].maxSkew: is missing",
    ],
    ["no quantity", { overhead: { cpu: "lots" } }, "pod.spec.overhead.cpu: must be a quantity such as 500m, 1Gi or 4"],
    [
      "a required field that is taken away",
      { containers: null },
      "pod.spec.containers: is required; it cannot be taken away",
    ],
    [
      "no directive",
      { containers: [{ name: "server", $patch: "remove" }] },
      "pod.spec.containers[0].$patch: must be replace, delete, merge",
    ],
  ] as const) {
    it(title, () => {
      expect(problems(spec)[0]).to.equal(expected);
    });
  }

  it("nothing, if an item that is there already is changed", () => {
    expect(
      problems({ containers: [{ name: "server", resources: { limits: { memory: "2Gi", cpu: 1 } } }] }),
    ).to.deep.equal([]);
    expect(
      problems({
        containers: [
          { name: "server", $patch: "delete" },
          { name: "b", image: "b" },
        ],
      }),
    ).to.deep.equal([]);
    expect(problems({ securityContext: { runAsUser: null } })).to.deep.equal([]);
  });
});

describe("what Kubernetes' API refuses about an object", () => {
  const problems = (apiVersion: string, kind: string, object: object) => {
    const found = kindOf(apiVersion, kind);
    if (found === undefined) throw new Error(`there is no ${apiVersion} ${kind}`);
    return lines(objectProblems({ apiVersion, kind, ...object }, found.type, "object"));
  };

  it("missing fields, unknown fields, values that are null", () => {
    expect(problems("apps/v1", "Deployment", { spec: { replica: 1, template: null } })).to.deep.equal([
      "object.spec.replica: unknown field; did you mean replicas?",
      "object.spec.template: has no value; give one, or leave it out",
      "object.spec.selector: is missing",
    ]);
    expect(problems("v1", "ConfigMap", { metadata: { name: "a" }, data: { a: "1", b: 2 } })).to.deep.equal([
      'object.data.b: must be text; write it in quotes: "2"',
    ]);
  });

  it("knows which kinds belong to a namespace, and the versions of a kind", () => {
    expect(kindOf("v1", "ConfigMap")?.namespaced).to.equal(true);
    expect(kindOf("v1", "Namespace")?.namespaced).to.equal(false);
    expect(kindOf("rbac.authorization.k8s.io/v1", "ClusterRole")?.namespaced).to.equal(false);
    expect(kindOf("batch/v1", "CronJob")?.namespaced).to.equal(true);
    expect(kindOf("keda.sh/v1alpha1", "ScaledObject")).to.equal(undefined);
    expect(apiVersionsOf("HorizontalPodAutoscaler")).to.deep.equal(["autoscaling/v1", "autoscaling/v2"]);
  });
});
