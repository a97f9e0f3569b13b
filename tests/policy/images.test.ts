import { expect } from "chai";
import { UNKNOWN } from "../../policy/objects/fields.ts";
import { imageViolations } from "../../policy/rules/images.ts";
import { DIGEST, object, podOf, podPath, workload } from "./support.ts";

const KINDS = ["Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"];
const REMEDY = "name the image as NAME@sha256:<64 hexadecimal digits in lower case>";

describe("policy: images are pinned by digest", () => {
  const good = [
    `nginx@${DIGEST}`,
    `registry.example.com:5000/team/app:1.29@${DIGEST}`,
    `localhost/ml-platform/inference:dev@${DIGEST}`,
  ];
  for (const image of good) {
    it(`accepts ${image.slice(0, -50)}…`, () => {
      expect(imageViolations(podOf({ image }))).to.deep.equal([]);
    });
  }

  const bad: Readonly<Record<string, string>> = {
    nginx: "is not pinned by digest",
    "registry.example.com:5000/app:1.29": "is not pinned by digest",
    [`app@${DIGEST.toUpperCase()}`]: "has a digest that is not valid",
    [`app@sha256:${"A".repeat(64)}`]: "has a digest that is not valid",
    "app@sha256:0123": "has a digest that is not valid",
    [`app@${DIGEST}00`]: "has a digest that is not valid",
    [`@${DIGEST}`]: "has a digest that is not valid",
    [`app:${DIGEST.slice("sha256:".length)}`]: "is not pinned by digest",
  };
  for (const [image, problem] of Object.entries(bad)) {
    it(`reports that ${image.slice(0, 40)} ${problem}`, () => {
      expect(imageViolations(podOf({ image }))).to.deep.equal([
        `Pod ml/x: spec.containers[0].image: "${image}" ${problem}; ${REMEDY}`,
      ]);
    });
  }

  for (const kind of KINDS) {
    it(`checks every container of a ${kind}`, () => {
      const spec = {
        initContainers: [{ image: `good@${DIGEST}` }, { image: "init" }],
        containers: [{ image: "app" }],
        ephemeralContainers: [{ image: "debug" }],
      };
      const path = podPath(kind);
      expect(imageViolations(object(workload(kind, spec))).map((line) => line.split(":", 2).join(":"))).to.deep.equal([
        `${kind} ml/x: ${path}.initContainers[1].image`,
        `${kind} ml/x: ${path}.containers[0].image`,
        `${kind} ml/x: ${path}.ephemeralContainers[0].image`,
      ]);
    });
  }

  it("checks image volumes", () => {
    const volumes = [
      { name: "a", image: { reference: "models:1" } },
      { name: "b", emptyDir: {} },
    ];
    expect(imageViolations(object(workload("Job", { containers: [], volumes })))).to.deep.equal([
      `Job ml/x: spec.template.spec.volumes[0].image.reference: "models:1" is not pinned by digest; ${REMEDY}`,
    ]);
  });

  it("requires an image, except in a patch", () => {
    expect(imageViolations(podOf({ image: undefined }))).to.deep.equal([
      `Pod ml/x: spec.containers[0].image: names no image; ${REMEDY}`,
    ]);
    expect(imageViolations(podOf({ image: undefined }, { patch: true }))).to.deep.equal([]);
    expect(imageViolations(podOf({ image: "nginx" }, { patch: true }))).to.have.length(1);
  });

  it("accepts an image that is not known yet in a preview", () => {
    expect(imageViolations(podOf({ image: UNKNOWN }))).to.deep.equal([]);
    expect(imageViolations(object({ kind: "Deployment", spec: UNKNOWN }))).to.deep.equal([]);
  });

  it("distinguishes images built on this machine from pulled ones", () => {
    const [local, pulled] = [podOf({ image: "localhost/app:1" }), podOf({ image: "localhost:5000/app:1" })];
    expect(imageViolations(local, "local")).to.have.length(1);
    expect(imageViolations(local, "pulled")).to.deep.equal([]);
    expect(imageViolations(pulled, "local")).to.deep.equal([]);
    expect(imageViolations(pulled, "pulled")).to.have.length(1);
  });

  it("does not mistake a Job of another API for a Kubernetes Job", () => {
    const job = workload("Job", { containers: [{ image: "app" }] });
    expect(imageViolations(object({ ...job, apiVersion: "batch.volcano.sh/v1alpha1" }))).to.deep.equal([]);
  });
});
