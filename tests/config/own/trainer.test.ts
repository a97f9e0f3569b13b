import { expect } from "chai";
import { problemsOf, type Settings } from "../support.ts";

const job = (settings: Settings, more: Settings = {}) =>
  problemsOf({ training: { jobs: [{ name: "own", ...settings }] }, ...more }).map((line) =>
    line.replace("training.jobs[0].", ""),
  );

const image = "team/trainer:1";

describe("a Job with an image of its own", () => {
  it("needs no task and no model", () => {
    expect(job({ image })).to.deep.equal([]);
    expect(job({ image, model: "m", workers: 2, command: ["a"], masterPort: 1234, queue: "q" })).to.deep.equal([]);
    const batchJobs = [{ name: "score", image, schedule: "@daily" }];
    expect(problemsOf({ training: { batchJobs } })).to.deep.equal([]);
  });

  it("has no settings of the project's trainer", () => {
    expect(job({ image, task: "iris", parameters: { a: 1 }, minAccuracy: 0.5 })).to.deep.equal(
      ["task", "parameters", "minAccuracy"].map(
        (setting) => `${setting}: is for the project's trainer, and image names another; leave one of them out`,
      ),
    );
  });

  it("has workers whose Service no other object is called like, and whose name a Service may have", () => {
    const models = [{ model: "m", versions: [{ version: "1", service: { name: "own" } }] }];
    expect(job({ image, workers: 2 }, { models })).to.deep.equal([
      'name: "own" is already given at models[0].versions[0].service.name',
    ]);
    expect(job({ image, workers: 2, name: "1st" })).to.deep.equal([
      "name: must begin with a letter: the Service of the workers has the same name",
    ]);
  });
});

describe("a Job of the project's trainer", () => {
  it("needs a task and a model, and has no command of its own", () => {
    expect(job({ command: ["a"], masterPort: 1 })).to.deep.equal([
      "task: is missing; the project's trainer needs it, or give an image",
      "model: is missing; the project's trainer needs it, or give an image",
      "command: is not for the project's own trainer; give an image, or leave it out",
      "masterPort: is not for the project's own trainer; give an image, or leave it out",
    ]);
  });
});

describe("a pod failure policy", () => {
  const rules = [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] }];

  it("needs pods that are not restarted in place", () => {
    expect(job({ image, podFailurePolicy: { rules } })).to.deep.equal([
      "podFailurePolicy: needs `restartPolicy: Never`",
    ]);
    expect(job({ image, restartPolicy: "Never", podFailurePolicy: { rules } })).to.deep.equal([]);
  });

  it("has the fields of Kubernetes' API", () => {
    expect(job({ image, restartPolicy: "Never", podFailurePolicy: { rules: [{ actions: "Ignore" }] } })).to.deep.equal([
      "podFailurePolicy.rules[0].actions: unknown field; did you mean action?",
      "podFailurePolicy.rules[0].action: is missing",
    ]);
  });
});
