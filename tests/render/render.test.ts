import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { parse } from "yaml";
import { objectYaml } from "../../render/files.ts";
import { renderStack } from "../../render/render.ts";

const repository = path.resolve(import.meta.dirname, "../..");
const images = { images: { inference: "inference:1", trainer: "trainer:1" } };

function render(...args: string[]) {
  return execa(process.execPath, ["render/cli.ts", ...args], { cwd: repository, reject: false });
}

describe("render", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "render-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function contents(directory: string): Promise<Record<string, string>> {
    const names = (await readdir(directory)).toSorted();
    const texts = await Promise.all(names.map((name) => readFile(path.join(directory, name), "utf8")));
    return Object.fromEntries(names.map((name, index) => [name, texts[index] ?? ""]));
  }

  for (const stack of ["dev", "prod"]) {
    it(`writes stack ${stack} with one file per object, the same every time`, async () => {
      const [first, second] = [path.join(folder, "a"), path.join(folder, "b")];
      for (const out of [first, second]) {
        const { exitCode, stderr } = await render("--stack", stack, "--out", out);
        expect(exitCode, stderr).to.equal(0);
      }
      const files = await contents(first);
      expect(await contents(second)).to.deep.equal(files);
      for (const [name, text] of Object.entries(files)) {
        const object = parse(text);
        expect(name).to.equal(`${object.kind.toLowerCase()}-${object.metadata.name}.yaml`);
      }
      const kinds = Object.values(files).map((text) => parse(text).kind);
      expect(kinds).to.include.members([
        "Namespace",
        "ResourceQuota",
        "LimitRange",
        "PersistentVolumeClaim",
        "Job",
        "Secret",
        "Deployment",
        "Service",
        "HorizontalPodAutoscaler",
        "PodDisruptionBudget",
        "HTTPRoute",
      ]);
    });
  }

  it("omits the values of secrets from the files, and lists those to provide", async () => {
    await render("--stack", "dev", "--out", folder);
    const name = (await readdir(folder)).find((file) => file.startsWith("secret-"));
    const secret = parse(await readFile(path.join(folder, name ?? ""), "utf8"));
    expect(secret).to.not.have.any.keys("data", "stringData", "immutable");
    expect(secret.metadata.annotations).to.deep.equal({ "ml-platform/withheld": "API_KEY" });
  });

  it("removes only files that an earlier rendering wrote and that are no longer part of the stack", async () => {
    await writeFile(path.join(folder, "kustomization.yaml"), "resources: []\n");
    await render("--stack", "dev", "--out", folder);
    expect(await readdir(folder)).to.include("deployment-iris.yaml");
    await render("--stack", "prod", "--out", folder);
    const files = await readdir(folder);
    expect(files).to.include("kustomization.yaml");
    expect(files).to.not.include("deployment-iris.yaml");
  });

  it("reads a stack from any file, and images from the command line", async () => {
    const file = path.join(folder, "Pulumi.other.yaml");
    const dev = await readFile(path.join(repository, "Pulumi.dev.yaml"), "utf8");
    await writeFile(file, dev.replace("canaryWeight: 25", "canaryWeight: 50"));
    const out = path.join(folder, "out");
    const flags = ["--inference-image", "inference:9", "--trainer-image", "trainer:9"];
    const { exitCode, stderr } = await render("--stack", "other", "--config-file", file, "--out", out, ...flags);
    expect(exitCode, stderr).to.equal(0);
    const route = parse(await readFile(path.join(out, "httproute-sentiment-classifier.yaml"), "utf8"));
    expect(route.spec.rules[1].backendRefs.map(({ weight }: { weight: number }) => weight)).to.deep.equal([50, 50]);
    const deployment = parse(await readFile(path.join(out, "deployment-iris.yaml"), "utf8"));
    expect(deployment.spec.template.spec.containers[0].image).to.equal("inference:9");
  });

  it("warns about a setting with an old name", async () => {
    const file = path.join(folder, "Pulumi.old.yaml");
    const dev = await readFile(path.join(repository, "Pulumi.dev.yaml"), "utf8");
    await writeFile(file, dev.replace("service: { name: iris }", "service: { name: iris, await: false }"));
    const { exitCode, stderr } = await render(
      "--stack",
      "old",
      "--config-file",
      file,
      "--out",
      path.join(folder, "out"),
    );
    expect(exitCode).to.equal(0);
    expect(stderr).to.include("Pulumi.old.yaml: models[1].versions[0].service.await is now ");
    const service = parse(await readFile(path.join(folder, "out/service-iris.yaml"), "utf8"));
    expect(service.metadata.annotations).to.deep.equal({ "pulumi.com/skipAwait": "true" });
  });

  it("rejects an invalid stack with the path of the mistake, and writes nothing", async () => {
    const file = path.join(folder, "Pulumi.wrong.yaml");
    const dev = await readFile(path.join(repository, "Pulumi.dev.yaml"), "utf8");
    await writeFile(file, dev.replace('canary: "2"', 'canary: "7"'));
    const out = path.join(folder, "out");
    const { exitCode, stderr } = await render("--stack", "wrong", "--config-file", file, "--out", out);
    expect(exitCode).to.equal(1);
    expect(stderr.trim()).to.equal(
      `${file}: models[0].traffic.canary: model "sentiment-classifier" has no version "7"; there is "1", "2"`,
    );
    expect(await readdir(folder)).to.not.include("out");
  });

  it("names a missing file", async () => {
    const { exitCode, stderr } = await render("--stack", "nowhere", "--out", folder);
    expect(exitCode).to.equal(1);
    expect(stderr).to.match(/Pulumi\.nowhere\.yaml: there is no such file; name a stack with --stack/);
  });
});

describe("a rendered file", () => {
  it("means the same in YAML 1.1, which kubectl reads", () => {
    const data = { on: "on", yes: "yes", off: "off", time: "12:30", number: "012", exponent: "1e3", text: "0 2 * * *" };
    const yaml = objectYaml({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "it" }, data });
    expect(parse(yaml, { version: "1.1" }).data).to.deep.equal(data);
    expect(parse(yaml, { version: "1.2" }).data).to.deep.equal(data);
  });
});

describe("a rendered stack", () => {
  it("differs only in the route after a change of weight", async () => {
    const before = await renderStack({ stack: "dev", overrides: images });
    const after = await renderStack({ stack: "dev", overrides: { ...images, canaryWeight: 50 } });
    const changed = after.filter((item, index) => JSON.stringify(item) !== JSON.stringify(before[index]));
    expect(changed.map(({ object }) => `${object.kind} ${object.metadata.name}`)).to.deep.equal([
      "HTTPRoute sentiment-classifier",
    ]);
  });

  it("does not train again after a change of image", async () => {
    const render = (trainer: string) =>
      renderStack({ stack: "dev", overrides: { images: { inference: "inference:1", trainer } } });
    const training = async (trainer: string) =>
      (await render(trainer)).find(({ object }) => object.metadata.labels?.["job-type"] === "training");
    const [first, second] = [await training("trainer:1"), await training("trainer:2")];
    expect(second?.object.metadata.name).to.equal(first?.object.metadata.name);
    // Kueue refuses another queue for a Job that has started.
    expect(second?.ignoreChanges).to.deep.equal(["spec", 'metadata.labels["kueue.x-k8s.io/queue-name"]']);
  });
});
