import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { writeFiles } from "../../render/files.ts";
import { forGitOps } from "../../render/gitops.ts";
import { duplicateObjects, type RenderedObject } from "../../render/rendered.ts";
import { objectsOf, stacks } from "./stacks.ts";

const job = (name: string, image: string, spec: object = {}, more: Partial<RenderedObject> = {}): RenderedObject => ({
  object: {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace: "ml" },
    spec: { ...spec, template: { spec: { containers: [{ name: "c", image }] } } },
  },
  ignoreChanges: ["spec"],
  dependsOn: [],
  ...more,
});

const namesOf = (objects: readonly RenderedObject[]) => forGitOps(objects).map(({ object }) => object.metadata.name);

describe("rendered files for a GitOps controller", () => {
  it("have Jobs whose names follow their content, within 63 characters with the number of a worker", () => {
    const [first = ""] = namesOf([job("train", "trainer:1")]);
    expect(first).to.match(/^train-[0-9a-f]{8}$/);
    expect(namesOf([job("train", "trainer:1")])).to.deep.equal([first]);
    expect(namesOf([job("train", "trainer:2")])).to.not.deep.equal([first]);
    const long = `${"a".repeat(51)}-${"b".repeat(11)}`;
    const [name = ""] = namesOf([job(long, "trainer:1", { completionMode: "Indexed", completions: 12 })]);
    expect(`${name}-11`).to.match(/^a{51}-[0-9a-f]{8}-11$/);
  });

  it("keep the hash in names that Pulumi would generate, and refer to Jobs by their new names", () => {
    const generated = job("storage-init-0123abcd", "trainer:1", {}, { generatedName: true });
    const dependsOn = ["batch/Job/ml/storage-init-0123abcd", "batch/Job/ml/one"];
    const objects = forGitOps([generated, job("one", "trainer:1"), job("two", "trainer:1", {}, { dependsOn })]);
    const [init, one, two] = objects;
    expect(init?.object.metadata.name).to.equal("storage-init-0123abcd");
    expect(two?.dependsOn).to.deep.equal([dependsOn[0], `batch/Job/ml/${one?.object.metadata.name}`]);
  });

  it("leave out the replicas under an autoscaler, and no others", async () => {
    for (const stack of Object.keys(stacks)) {
      const objects = forGitOps(await objectsOf(stack));
      const scaled = objects.flatMap(({ object }) => {
        const { scaleTargetRef } = (object["spec"] ?? {}) as { scaleTargetRef?: { name: string } };
        return object.kind === "HorizontalPodAutoscaler" ? (scaleTargetRef?.name ?? []) : [];
      });
      const deployments = objects.filter(({ object }) => object.kind === "Deployment");
      const without = deployments.filter(({ object }) => !Object.hasOwn(object["spec"] as object, "replicas"));
      expect(without.map(({ object }) => object.metadata.name).toSorted(), stack).to.deep.equal(scaled.toSorted());
    }
  });

  it("are as many as there are objects, even if two have one kind and name", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "gitops-"));
    const inNamespace = (namespace: string): RenderedObject => ({
      object: { apiVersion: "v1", kind: "Service", metadata: { name: "web", namespace } },
      ignoreChanges: [],
      dependsOn: [],
    });
    await writeFiles(folder, [inNamespace("a"), inNamespace("b")]);
    expect((await readdir(folder)).toSorted()).to.deep.equal(["service-web-a-v1.yaml", "service-web-b-v1.yaml"]);
    await rm(folder, { recursive: true });
  });
});

describe("objects with one name", () => {
  it("are found whatever their version", () => {
    const [one, other] = [job("a", "x"), job("a", "y")];
    const newer = { ...other, object: { ...other.object, apiVersion: "batch/v2" } };
    expect(duplicateObjects([one, newer, job("b", "x")])).to.deep.equal([newer]);
  });
});
