import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { writeProject } from "../../local/deploy/pulumi-project.ts";
import { Kubectl } from "../../local/kubectl.ts";

const repository = path.resolve(import.meta.dirname, "../..");

describe("the Pulumi project of a deployment from this machine", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "pulumi-project-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("has the stack's settings with the images and the cluster, and texts that Go would read as dates in quotes", async () => {
    const example = path.join(repository, "examples/Pulumi.ml-workloads.yaml");
    const images = { inference: "localhost/inference:1", trainer: "localhost/trainer:1" };
    const { directory } = await writeProject({
      stack: "ml-workloads",
      configFiles: [example],
      stateDirectory: folder,
      kubectl: new Kubectl("kubectl", path.join(folder, "kubeconfig")),
      images,
      report: () => {},
    });
    const text = await readFile(path.join(directory, "Pulumi.ml-workloads.yaml"), "utf8");
    expect(text).to.match(/trainedDate: "\d{4}-\d{2}-\d{2}"/);
    const { config } = parse(text);
    const given = parse(await readFile(example, "utf8")).config;
    expect(config).to.deep.equal({
      ...given,
      "ml-platform:images": images,
      "ml-platform:cluster": { kubeconfig: path.join(folder, "kubeconfig"), identifier: "embedded" },
    });
  });
});
