import { expect } from "chai";
import { fullReference, imagesIn } from "../../cluster/images/references.ts";
import { substituteFor } from "../../cluster/images/substitutes.ts";
import { unusedImages } from "../../cluster/images/unused.ts";
import { resultStep, runSteps } from "../../engine/up/progress.ts";

describe("the images in a stack's objects", () => {
  it("are those of all containers, not other fields called image", () => {
    const template = { spec: { containers: [{ image: "a:1" }, { image: "b:1" }], initContainers: [{ image: "c:1" }] } };
    const cronJob = { spec: { jobTemplate: { spec: { template: { spec: { containers: [{ image: "d:1" }] } } } } } };
    const map = { kind: "ConfigMap", data: { image: "e:1" } };
    expect([...imagesIn([{ spec: { template } }, cronJob, map])]).to.have.members(["a:1", "b:1", "c:1", "d:1"]);
  });

  it("are identified by their full references", () => {
    expect(fullReference("nginx")).to.equal("docker.io/library/nginx:latest");
    expect(fullReference("nginxinc/nginx-unprivileged:1.29")).to.equal("docker.io/nginxinc/nginx-unprivileged:1.29");
    expect(fullReference("localhost/ml-platform/inference:abc")).to.equal("localhost/ml-platform/inference:abc");
    expect(fullReference("registry.example.com:5000/a@sha256:b")).to.equal("registry.example.com:5000/a@sha256:b");
  });

  it("have a substitute if Debian has the program, for every tag but not for a digest", () => {
    expect(substituteFor("docker.io/nginxinc/nginx-unprivileged:1.29")?.packages).to.deep.equal(["nginx"]);
    expect(substituteFor("docker.io/nginxinc/nginx-unprivileged@sha256:0")).to.equal(undefined);
    expect(substituteFor("docker.io/library/redis:8")).to.equal(undefined);
  });
});

describe("images that a node no longer needs", () => {
  const current = { inference: "localhost/ml-platform/inference:new", trainer: "localhost/ml-platform/trainer:new" };

  it("are the apps' images that no revision uses; all others are kept", () => {
    const present = [
      ...["new", "rollback", "old"].map((tag) => `localhost/ml-platform/inference:${tag}`),
      ...["localhost/ml-platform/trainer:new", "localhost/ml-platform/coredns:old", "docker.io/library/nginx:1"],
    ];
    const used = new Set(["localhost/ml-platform/inference:rollback"]);
    expect(unusedImages(present, used, current)).to.deep.equal(["localhost/ml-platform/inference:old"]);
  });
});

describe("a step with a result", () => {
  it("provides the result only after it has run", async () => {
    const step = resultStep("Answer", async () => ({ result: 42 }));
    expect(step.result).to.throw("Answer has not run yet");
    await runSteps([step], false);
    expect(step.result()).to.equal(42);
  });
});
