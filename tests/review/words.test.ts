import { expect } from "chai";
import { compareRenderings } from "../../review/objects/manifests.ts";
import { describeCost } from "../../review/words/cost.ts";
import { describeQuota } from "../../review/words/quota.ts";
import { describeVersions } from "../../review/words/versions.ts";
import { describeWorkloads, workloadsAmong } from "../../review/words/workloads.ts";
import { object, rendered, stack } from "./support.ts";

const gateway = { name: "gw", namespace: "gw-system", implementation: "traefik" };
const resources = { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1", memory: "1Gi" } };
const model = (versions: object[], traffic?: object) => ({
  gateway,
  models: [{ model: "iris", versions, ...(traffic === undefined ? {} : { traffic }) }],
});

describe("versions and traffic in words", () => {
  it("are added, removed and renamed under the name that clients use", () => {
    const before = stack(model([{ version: "1" }, { version: "2", name: "iris-two" }]));
    const after = stack(model([{ version: "2", name: "iris-second" }, { version: "3" }]));
    expect(describeVersions(before, after)).to.deep.equal([
      "Version `1` of `iris` is **removed**, and Deployment `iris-v1` with it.",
      "Version `2` of `iris` is **renamed**: Deployment `iris-two` → `iris-second`.",
      "Version `3` of `iris` is **added**, as Deployment `iris-v3`.",
    ]);
  });

  it("name the versions that get requests before and after", () => {
    const at = (canaryWeight: number) =>
      stack({ ...model([{ version: "1" }, { version: "2" }], { stable: "1", canary: "2" }), canaryWeight });
    expect(describeVersions(at(25), at(50))).to.deep.equal([
      "**Traffic** of `iris`: 75 % `1`, 25 % canary `2` → 50 % `1`, 50 % canary `2`.",
    ]);
    expect(describeVersions(at(25), at(25))).to.deep.equal([]);
  });

  it("are all new if the stack is new", () => {
    expect(describeVersions(undefined, stack(model([{ version: "1" }])))).to.deep.equal([
      "Model `iris` is **new**.",
      "Version `1` of `iris` is **added**, as Deployment `iris-v1`.",
    ]);
  });
});

describe("quota use in words", () => {
  const at = (replicas: number, pods: string) =>
    stack({
      ...model([{ version: "1", replicas, resources }]),
      namespace: { name: "ml", quota: { hard: { pods, "requests.cpu": "100", "requests.nvidia.com/gpu": "2" } } },
    });

  it("is the sum computed by the quota check, before and after", () => {
    // Three pods, one more during a rollout, and 250m for the Job that initializes the volumes; then five pods.
    expect(describeQuota(at(3, "50"), at(5, "50"), "none")).to.deep.equal([
      "| quota | before | after |",
      "| --- | --- | --- |",
      "| `pods` | 5 of 50 (10 %) | **7 of 50 (14 %)** |",
      "| `requests.cpu` | 4.25 of 100 (4 %) | **6.25 of 100 (6 %)** |",
      "| `requests.nvidia.com/gpu` | 0 of 2 (0 %) | 0 of 2 (0 %) |",
    ]);
  });

  it("is one line if nothing changes, and says if the base is unknown", () => {
    expect(describeQuota(at(3, "50"), at(3, "50"), "none")).to.have.length(1);
    expect(describeQuota(undefined, at(3, "50"), "not known")[2]).to.equal(
      "| `pods` | not known | **5 of 50 (10 %)** |",
    );
    expect(describeQuota(stack({}), stack({}), "none")[0]).to.contain("No quota");
  });

  it("says if the quota is exceeded", () => {
    const { namespace, ...rest } = at(3, "50");
    const over = { ...rest, namespace: { ...namespace, quota: { hard: { pods: "2" } } } };
    expect(describeQuota(at(3, "50"), over, "none").join("\n")).to.contain("5 of 2 (250 %) ⚠ over");
  });
});

describe("cost in words", () => {
  const at = (maxReplicas: number, prices: object = {}) =>
    stack({
      ...model([{ version: "1", resources, autoscaling: { minReplicas: 1, maxReplicas } }]),
      storage: { models: { name: "models", size: "10Gi" } },
      prices,
    });

  it("is given per month, from the minimum to the maximum number of pods, with the causes of a difference", () => {
    // One pod: 0.04 + 0.005 per hour, 32.85 per month. The volume: 1.00 per month.
    expect(describeCost(at(2), at(4), "none")).to.deep.equal([
      "**A month:** 33.85–66.70 `USD` → 33.85–132.40 `USD` (±0 at least, +65.70 at most)",
      "",
      "| part | before | after |",
      "| --- | --- | --- |",
      "| `iris-v1` | 32.85–65.70 | 32.85–131.40 |",
    ]);
  });

  it("has no difference if the currencies differ or the base is unknown", () => {
    expect(describeCost(at(2), at(2, { currency: "EUR" }), "none")[0]).to.equal(
      "**A month:** 33.85–66.70 `USD` → 33.85–66.70 `EUR`",
    );
    expect(describeCost(undefined, at(2), "not known")).to.deep.equal(["**A month:** not known → 33.85–66.70 `USD`"]);
  });
});

describe("workloads in words", () => {
  const deployment = (name: string, replicas: number, image: string, cpu: string) =>
    object("Deployment", name, {
      spec: {
        replicas,
        template: { spec: { containers: [{ name: "server", image, resources: { requests: { cpu } } }] } },
      },
    });
  const autoscaler = (max: number) =>
    object("HorizontalPodAutoscaler", "hpa", {
      spec: {
        minReplicas: 2,
        maxReplicas: max,
        scaleTargetRef: { kind: "Deployment", name: "b" },
        metrics: [{ type: "Resource", resource: { name: "cpu", target: { averageUtilization: 70 } } }],
      },
    });

  it("list replicas, ranges, images and resources, with equal changes on one line", () => {
    const before = workloadsAmong([
      deployment("a", 1, "i@sha256:aa", "1"),
      deployment("b", 1, "i@sha256:aa", "1"),
      autoscaler(4),
    ]);
    const after = workloadsAmong([
      deployment("a", 3, "i@sha256:bb", "1"),
      deployment("b", 3, "i@sha256:bb", "2"),
      autoscaler(9),
    ]);
    expect(describeWorkloads(before, after)).to.deep.equal([
      "**Replicas** of Deployment `a`: `1` → `3`",
      "**Image** of Deployment `a`, Deployment `b`: `i@sha256:aa` → `i@sha256:bb`",
      // The autoscaler owns the replicas.
      "**Autoscaler** of Deployment `b`: `2–4 pods, cpu 70 %` → `2–9 pods, cpu 70 %`",
      "**Requests** of Deployment `b`: `cpu 1` → `cpu 2`",
    ]);
  });
});

describe("the changes of an update, derived from manifests only", () => {
  const compare = (before: object, after: object, kind: string) =>
    compareRenderings([object(kind, "a", before as never)], rendered([object(kind, "a", after as never)]));

  it("replace objects with immutable fields, and delete them first if their names are fixed", () => {
    const [change] = compare({ spec: { selector: { app: "a" } } }, { spec: { selector: { app: "b" } } }, "Deployment");
    expect(change).to.include({ action: "replace", deletedFirst: true });
    expect(compare({ spec: { replicas: 1 } }, { spec: { replicas: 2 } }, "Deployment")[0]).to.include({
      action: "update",
    });
  });

  it("match objects whose names depend on their content", () => {
    const map = (name: string, value: string) => object("ConfigMap", name, { data: { value } });
    const changes = compareRenderings([map("map-0123abcd", "1")], rendered([map("map-dcba3210", "2")]));
    expect(changes.map(({ action, name, deletedFirst }) => ({ action, name, deletedFirst }))).to.deep.equal([
      { action: "replace", name: "map", deletedFirst: false },
    ]);
  });

  it("omit fields that the program sets only once", () => {
    const [before, after] = [1, 5].map((replicas) => object("Deployment", "a", { spec: { replicas } }));
    if (before === undefined || after === undefined) throw new Error("there are two");
    expect(
      compareRenderings([before], [{ object: after, ignoreChanges: ["spec.replicas"], dependsOn: [] }]),
    ).to.deep.equal([]);
  });

  it("include created and deleted objects", () => {
    const changes = compareRenderings([object("Service", "old")], rendered([object("Service", "new")]));
    expect(changes.map(({ action, name }) => `${action} ${name}`)).to.deep.equal(["create new", "delete old"]);
  });
});
