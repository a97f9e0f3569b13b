import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { Workspace } from "../../engine/pulumi/workspace.ts";
import { readSettings, writeBack } from "../../engine/pulumi/write-back.ts";

const repository = path.resolve(import.meta.dirname, "../..");
const images = { inference: "localhost/inference:1", trainer: "localhost/trainer:1" };

describe("the engine's workspace on this machine", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "workspace-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const cluster = () => ({ kubeconfig: path.join(folder, "kubeconfig"), identifier: "embedded" });

  it("has the stack's settings with images and cluster, and quotes text that Go would parse as a date", async () => {
    const example = path.join(repository, "examples/Pulumi.ml-workloads.yaml");
    const workspace = new Workspace(folder);
    await workspace.write("ml-workloads", { configFiles: [example], images, cluster: cluster() });
    const text = await readFile(workspace.stackFile("ml-workloads"), "utf8");
    expect(text).to.match(/trainedDate: "\d{4}-\d{2}-\d{2}"/);
    const given = parse(await readFile(example, "utf8")).config;
    expect(parse(text).config).to.deep.equal({
      ...given,
      "ml-platform:images": images,
      "ml-platform:cluster": cluster(),
    });
  });

  it("keeps the salt of the secrets' encryption when the settings change", async () => {
    const workspace = new Workspace(folder);
    const source = path.join(folder, "stack.yaml");
    await writeFile(source, "config:\n  canaryWeight: 10\n");
    const deployment = { configFiles: [source], images, cluster: cluster() };
    await workspace.write("dev", deployment);
    await writeFile(
      workspace.stackFile("dev"),
      `encryptionsalt: v1:salt\n${await readFile(workspace.stackFile("dev"))}`,
    );
    await writeFile(source, "config:\n  canaryWeight: 50\n");
    await workspace.write("dev", deployment);
    const { encryptionsalt, config } = parse(await readFile(workspace.stackFile("dev"), "utf8"));
    expect(encryptionsalt).to.equal("v1:salt");
    expect(config["ml-platform:canaryWeight"]).to.equal(50);
  });

  it("keeps the passphrase, readable only by its owner", async () => {
    const environment = await new Workspace(folder).environment("dev");
    const file = environment["PULUMI_CONFIG_PASSPHRASE_FILE"] ?? "";
    expect((await stat(file)).mode & 0o077).to.equal(0);
    const passphrase = await readFile(file, "utf8");
    await new Workspace(folder).environment("dev");
    expect(await readFile(file, "utf8")).to.equal(passphrase);
  });
});

describe("settings that the CLI changes", () => {
  let folder: string;
  let file: string;
  let local: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "write-back-"));
    file = path.join(folder, "Pulumi.dev.yaml");
    local = path.join(folder, "dev.local.yaml");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const change = async (before: object, after: object) =>
    writeBack({ ...before }, { ...after }, { project: "ml-platform", file, local });

  it("are written to the stack's own file, and keep its comments, order and names", async () => {
    await writeFile(
      file,
      "# Ours.\nconfig:\n  # The canary's share.\n  canaryWeight: 25 # percent\n  ml-platform:environment: dev\n",
    );
    // As text, as the CLI does.
    const lines = await change({ "ml-platform:canaryWeight": 25 }, { "ml-platform:canaryWeight": "50" });
    expect(lines.join()).to.match(/^canaryWeight written to .*Pulumi\.dev\.yaml$/);
    expect(await readFile(file, "utf8")).to.equal(
      "# Ours.\nconfig:\n  # The canary's share.\n  canaryWeight: 50 # percent\n  ml-platform:environment: dev\n",
    );
  });

  it("are removed, including list items", async () => {
    await writeFile(file, "config:\n  ml-platform:prices:\n    cpu: 1\n    gpu: 2\n");
    await change({ "ml-platform:prices": { cpu: 1, gpu: 2 } }, { "ml-platform:prices": { cpu: 1 } });
    expect(await readSettings(file)).to.deep.equal({ "ml-platform:prices": { cpu: 1 } });
    await change({ "ml-platform:prices": { cpu: 1 } }, {});
    expect(await readSettings(file)).to.deep.equal({});
  });

  it("are stored next to the state if they are secret, until a plain value replaces them", async () => {
    await writeFile(file, "config:\n  ml-platform:environment: dev\n");
    const secret = { "ml-platform:token": { secure: "v1:abc" } };
    await change({}, secret);
    expect(await readFile(file, "utf8")).not.to.match(/token|secure/);
    expect(await readSettings(local)).to.deep.equal(secret);
    expect((await stat(local)).mode & 0o077).to.equal(0);
    await change(secret, { "ml-platform:token": "plain" });
    expect(await readSettings(local)).to.deep.equal({});
    expect((await readSettings(file))["ml-platform:token"]).to.equal("plain");
  });

  it("are rejected with a message if they are determined by this machine", async () => {
    await writeFile(file, "config: {}\n");
    const lines = await change(
      { "ml-platform:images": { inference: "a" } },
      { "ml-platform:images": { inference: "b" } },
    );
    expect(lines).to.deep.equal(["images is decided by npm run up here, and was not changed"]);
    expect(await readFile(file, "utf8")).to.equal("config: {}\n");
  });
});
