import { execFileSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { readMetadata } from "../../../../apps/registry/index.ts";
import { sourceCommit, trainerCommit } from "../../../../apps/trainer/source-commit.ts";
import { ConfigError, validateConfig } from "../../../../config/index.ts";
import { temporaryDirectory, trainer } from "../support.ts";

/** The environment that a Job sets. */
const JOB = {
  GIT_COMMIT: "0123456789abcdef0123456789abcdef01234567",
  TRAINER_IMAGE: "registry.example.com/trainer:dev@sha256:0123",
  POD_NAMESPACE: "ml",
  JOB_NAME: "train-iris",
  POD_NAME: "train-iris-abcde",
};

describe("lineage", () => {
  let models: string;
  before(async () => {
    models = await temporaryDirectory();
    for (const penalty of ["10", "0.000001"]) {
      const args = ["train", "--task", "iris", "--models", models, "--param", `inverse_penalty=${penalty}`];
      const run = await trainer(args, { env: JOB });
      expect(run.errors).to.equal("");
    }
  });
  after(() => rm(models, { recursive: true, force: true }));

  /** The block for a stack file that `lineage` prints, parsed. */
  async function block(version: string): Promise<Record<string, unknown>> {
    const { output } = await trainer(["lineage", "--models", models, "--model", "iris", "--version", version]);
    const [, text = ""] = output.split("under models[].versions:\n");
    return parse(text)[0];
  }

  function problems(version: object): string[] {
    const values = {
      environment: "test",
      images: { inference: "inference:1", trainer: "trainer:1" },
      namespace: { name: "ml" },
      storage: { models: { size: "1Gi" } },
      models: [{ model: "iris", versions: [version] }],
    };
    try {
      validateConfig(values, "Pulumi.test.yaml");
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return error.message.split("\n");
      throw error;
    }
  }

  it("is recorded with every version: image, Job and pod, commit, data, parent", async () => {
    const metadata = await readMetadata(models, "iris", "2");
    expect(metadata).to.deep.include({
      commit: JOB.GIT_COMMIT,
      image: JOB.TRAINER_IMAGE,
      job: { namespace: "ml", name: "train-iris", pod: "train-iris-abcde" },
      parent: "1",
      seed: 42,
    });
    expect(metadata.data?.sha256).to.match(/^[0-9a-f]{64}$/);
  });

  it("is printed in readable form", async () => {
    const run = await trainer(["lineage", "--models", models, "--model", "iris"]);
    expect(run).to.include({ code: 0, errors: "" });
    const { artifact, regression } = await readMetadata(models, "iris", "2");
    expect(run.output).to.include("iris version 2\n");
    for (const fact of [JOB.GIT_COMMIT, JOB.TRAINER_IMAGE, "ml/train-iris, pod train-iris-abcde", artifact.sha256]) {
      expect(run.output).to.include(fact);
    }
    expect(regression).to.include({ version: "1", metric: "accuracy" });
    expect(run.output).to.include("worse than version 1: accuracy 0.");
  });

  it("is printed as a valid block for a stack file", async () => {
    const version = await block("1");
    expect(version).to.have.nested.property("lineage.commit", JOB.GIT_COMMIT);
    expect(problems(version)).to.deep.equal([]);
  });

  it("rejects a stack that serves a regression, unless the file gives a reason", async () => {
    const version = await block("2");
    const { regression } = await readMetadata(models, "iris", "2");
    expect(problems(version)).to.deep.equal([
      `Pulumi.test.yaml: models[0].versions[0].lineage.regression: version "2" of model "iris" is worse than version "1" (accuracy ${regression?.value} against ${regression?.previous}); serve another version, or set models[0].versions[0].allowRegression to the reason`,
    ]);
    expect(problems({ ...version, allowRegression: "the new data is harder" })).to.deep.equal([]);
    expect(problems({ ...(await block("1")), allowRegression: "just in case" })).to.deep.equal([
      "Pulumi.test.yaml: models[0].versions[0].allowRegression: the version's lineage records no regression; omit it",
    ]);
  });

  it("lists the versions if the requested one does not exist", async () => {
    const run = await trainer(["lineage", "--models", models, "--model", "iris", "--version", "7"]);
    expect(run).to.include({
      code: 1,
      output: "",
      errors: `error: model iris in ${models} has no version 7; it has 1, 2\n`,
    });
    const none = await trainer(["lineage", "--models", models, "--model", "irys"]);
    expect(none.errors).to.equal(`error: model irys in ${models} has no version; it has none\n`);
  });
});

describe("the commit in the trainer's image", () => {
  let project: string;
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", project, "-c", "user.name=T", "-c", "user.email=t@example.com", ...args], {
      encoding: "utf8",
    }).trim();
  const commit = async (name: string, content: string) => {
    await writeFile(path.join(project, name), content);
    git("add", "--all");
    git("commit", "--quiet", "--message", name);
    return git("rev-parse", "HEAD");
  };

  beforeEach(async () => {
    project = await temporaryDirectory();
  });
  afterEach(() => rm(project, { recursive: true, force: true }));

  it("is the last one that changed the trainer, so that other changes do not produce a new image", async () => {
    git("init", "--quiet");
    const changed = await commit("package.json", "{}");
    await commit("README.md", "# Read me");
    expect(trainerCommit(project)).to.equal(changed);
    await writeFile(path.join(project, "package.json"), "{ }");
    expect(trainerCommit(project)).to.equal(`${changed}-dirty`);
  });

  it("is unknown without a repository", () => {
    expect(trainerCommit(project)).to.equal("unknown");
  });

  it("is the same for a trainer that runs in a checkout", async () => {
    const folder = path.join(project, "apps", "trainer");
    const found = () => sourceCommit({}, project);
    await mkdir(folder, { recursive: true });
    expect(found()).to.equal("unknown");
    git("init", "--quiet");
    expect(found(), "before the first commit").to.equal("unknown");
    const changed = await commit("apps/trainer/main.ts", "1");
    await commit("README.md", "# Read me");
    expect(found()).to.equal(changed).and.to.equal(trainerCommit(project));
    await writeFile(path.join(folder, "main.ts"), "2");
    expect(found()).to.equal(`${changed}-dirty`).and.to.equal(trainerCommit(project));
    expect(sourceCommit({ GIT_COMMIT: "" }, project)).to.equal(`${changed}-dirty`);
    expect(sourceCommit({ GIT_COMMIT: JOB.GIT_COMMIT }, project)).to.equal(JOB.GIT_COMMIT);
  });

  it("is unknown for a trainer without git", async () => {
    const args = ["train", "--task", "half_plus_two", "--models", project];
    const run = await trainer(args, { env: { GIT_COMMIT: "", PATH: project } });
    expect(run).to.include({ code: 0, errors: "" });
    expect((await readMetadata(project, "half_plus_two", "1")).commit).to.equal("unknown");
  });
});
