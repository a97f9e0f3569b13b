import { execFileSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { readMetadata } from "../../../apps/registry/index.ts";
import { sourceCommit } from "../../../apps/trainer/source-commit.ts";
import { trainerCommit } from "../../../components/platform/source-commit.ts";
import { ConfigError, validateConfig } from "../../../config/index.ts";
import { temporaryDirectory, trainer } from "./support.ts";

/** As the Job tells its container. */
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

  /** The stack file's block that `lineage` prints, as a stack would read it. */
  async function block(version: string): Promise<object> {
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

  it("is written with every version: image, Job and pod, commit, data, parent", async () => {
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

  it("is printed for people", async () => {
    const run = await trainer(["lineage", "--models", models, "--model", "iris"]);
    expect(run).to.include({ code: 0, errors: "" });
    const { artefact, worseThan } = await readMetadata(models, "iris", "2");
    expect(run.output).to.include("iris version 2\n");
    for (const fact of [JOB.GIT_COMMIT, JOB.TRAINER_IMAGE, "ml/train-iris, pod train-iris-abcde", artefact.sha256]) {
      expect(run.output).to.include(fact);
    }
    expect(worseThan).to.include({ version: "1", metric: "accuracy" });
    expect(run.output).to.include("worse than version 1: accuracy 0.");
  });

  it("comes as a block that a stack file takes as it is", async () => {
    const version = await block("1");
    expect(version).to.have.nested.property("lineage.commit", JOB.GIT_COMMIT);
    expect(problems(version)).to.deep.equal([]);
  });

  it("stops a stack that would serve a version that is worse, unless the file says why", async () => {
    const version = await block("2");
    const { worseThan } = await readMetadata(models, "iris", "2");
    expect(problems(version)).to.deep.equal([
      `Pulumi.test.yaml: models[0].versions[0].lineage.worseThan: version "2" of model "iris" is worse than version "1" (accuracy ${worseThan?.value} against ${worseThan?.previous}); serve another one, or set models[0].versions[0].acceptWorse to the reason`,
    ]);
    expect(problems({ ...version, acceptWorse: "the new data is harder" })).to.deep.equal([]);
    expect(problems({ ...(await block("1")), acceptWorse: "just in case" })).to.deep.equal([
      "Pulumi.test.yaml: models[0].versions[0].acceptWorse: the version's lineage does not say that it is worse; leave it out",
    ]);
  });

  it("says which versions there are where one is asked for that is not", async () => {
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

  it("is the last one that changed the trainer, so that another change makes no new image", async () => {
    git("init", "--quiet");
    const changed = await commit("package.json", "{}");
    await commit("README.md", "# Read me");
    expect(trainerCommit(project)).to.equal(changed);
    await writeFile(path.join(project, "package.json"), "{ }");
    expect(trainerCommit(project)).to.equal(`${changed}-dirty`);
  });

  it("is unknown where there is no repository", () => {
    expect(trainerCommit(project)).to.equal("unknown");
  });

  it("is the same that a trainer in a checkout finds for itself", async () => {
    const folder = path.join(project, "apps", "trainer");
    const found = () => sourceCommit({}, folder);
    await mkdir(folder, { recursive: true });
    expect(found()).to.equal("unknown");
    git("init", "--quiet");
    expect(found(), "before the first commit").to.equal("unknown");
    const changed = await commit("apps/trainer/main.ts", "1");
    await commit("README.md", "# Read me");
    expect(found()).to.equal(changed).and.to.equal(trainerCommit(project));
    await writeFile(path.join(folder, "main.ts"), "2");
    expect(found()).to.equal(`${changed}-dirty`).and.to.equal(trainerCommit(project));
    expect(sourceCommit({ GIT_COMMIT: "" }, folder)).to.equal(`${changed}-dirty`);
    expect(sourceCommit({ GIT_COMMIT: JOB.GIT_COMMIT }, folder)).to.equal(JOB.GIT_COMMIT);
  });

  it("is written by a trainer that finds no git on its way", async () => {
    const args = ["train", "--task", "half_plus_two", "--models", project];
    const run = await trainer(args, { env: { GIT_COMMIT: "", PATH: project } });
    expect(run).to.include({ code: 0, errors: "" });
    expect((await readMetadata(project, "half_plus_two", "1")).commit).to.equal("unknown");
  });
});
