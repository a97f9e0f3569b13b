import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { toolchainFolders } from "../../../cluster/toolchain/index.ts";
import { projectName, Workspace } from "../../../engine/pulumi/workspace.ts";

const repository = path.resolve(import.meta.dirname, "../../..");
const service = (type: string) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "iris", namespace: "ml" },
  spec: { type },
});
const step = (op: string, fields: object = {}) => ({
  op,
  urn: "urn:pulumi:dev::p::kubernetes:core/v1:Service::iris",
  oldState: { type: "kubernetes:core/v1:Service", custom: true, inputs: service("ClusterIP"), outputs: {}, ...fields },
});

/** The command with fake programs for kubectl and the Pulumi CLI. */
describe("npm run drift", function () {
  this.timeout(60_000);
  let folder: string;
  let workspace: Workspace;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "drift-"));
    workspace = new Workspace(path.join(folder, "state", "deploy"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const drift = (...args: readonly string[]) =>
    execa(process.execPath, [path.join(repository, "engine/drift/cli.ts"), ...args], {
      cwd: repository,
      env: {
        ML_PLATFORM_STATE: path.join(folder, "state"),
        ML_PLATFORM_CACHE: path.join(folder, "cache"),
        PATH: `${path.join(folder, "bin")}:${process.env["PATH"]}`,
      },
      reject: false,
    });

  async function program(file: string, text: string): Promise<void> {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `#!/bin/sh\n${text}\n`);
    await chmod(file, 0o755);
  }

  /** A deployed stack, with the output of the engine's refresh and of kubectl; undefined if kubectl fails. */
  async function deployed(steps: readonly object[], live: readonly object[] | undefined): Promise<void> {
    const states = path.join(workspace.root, "state", ".pulumi", "stacks", await projectName());
    await mkdir(states, { recursive: true });
    await writeFile(path.join(states, "dev.json"), "{}");
    const stackFile = path.join(folder, "Pulumi.dev.yaml");
    await writeFile(stackFile, "config: {}\n");
    await workspace.write("dev", {
      configFiles: [stackFile],
      images: { inference: "a", trainer: "b" },
      cluster: { kubeconfig: path.join(folder, "kubeconfig"), identifier: "embedded" },
    });
    const digest = path.join(folder, "digest.json");
    await writeFile(digest, JSON.stringify({ steps }));
    await program(path.join(folder, "bin", "pulumi"), `cat ${digest}`);
    const found = path.join(folder, "live.json");
    await writeFile(found, live === undefined ? "" : JSON.stringify({ kind: "List", items: live }));
    const kubectl = path.join(toolchainFolders(path.join(folder, "cache")).kubernetes, "kubectl");
    await program(kubectl, live === undefined ? "echo 'connection refused' >&2; exit 1" : `cat ${found}`);
  }

  it("exits with 0 without drift", async () => {
    await deployed([step("refresh")], [service("ClusterIP")]);
    const { exitCode, stdout, stderr } = await drift("--stack", "dev");
    expect(exitCode, stderr).to.equal(0);
    expect(stdout).to.equal("No drift in 1 object of the stack dev.");
  });

  it("exits with 1 with drift, also with --json", async () => {
    await deployed([step("refresh")], [service("NodePort")]);
    const { exitCode, stdout, stderr } = await drift("--json");
    expect(exitCode, stderr).to.equal(1);
    const { drift: found, objects } = JSON.parse(stdout);
    expect(found).to.equal(true);
    expect(objects[0]).to.deep.include({ kind: "Service", namespace: "ml", name: "iris", state: "changed" });
    expect(objects[0].fields).to.deep.equal([
      { path: "spec.type", program: "ClusterIP", cluster: "NodePort", up: "restore" },
    ]);
  });

  it("exits with 1 if an object is gone, whether the engine or kubectl notices it", async () => {
    await deployed([step("delete")], []);
    expect((await drift()).stdout).to.include("Service ml/iris: deleted; up recreates the object");
    await deployed([step("refresh")], []);
    expect((await drift()).exitCode).to.equal(1);
  });

  it("exits with 2 if the stack is not deployed, or the command line is wrong", async () => {
    const { exitCode, stderr } = await drift("--stack", "other");
    expect(exitCode).to.equal(2);
    expect(stderr).to.equal("stack other is not deployed from this machine: npm run up -- --stack other deploys it");
    expect((await drift("--stak", "dev")).exitCode).to.equal(2);
    expect((await drift("--help")).exitCode).to.equal(0);
  });

  it("exits with 2 if the cluster does not answer, whatever the engine reports", async () => {
    await deployed([step("delete")], undefined);
    const { exitCode, stdout, stderr } = await drift();
    expect(exitCode).to.equal(2);
    expect(stdout).to.equal("");
    expect(stderr).to.match(/the cluster of stack dev .* does not answer:\nconnection refused/);
  });

  it("exits with 2 and the engine's error if the engine fails", async () => {
    await deployed([], []);
    await program(path.join(folder, "bin", "pulumi"), "echo 'error: no permission' >&2; exit 255");
    const { exitCode, stderr } = await drift();
    expect(exitCode).to.equal(2);
    expect(stderr).to.include("pulumi refresh failed").and.to.include("no permission");
  });

  it("exits with 2 immediately if another process is changing the stack", async () => {
    await deployed([step("refresh")], [service("ClusterIP")]);
    const locks = await workspace.locks("dev");
    await mkdir(locks, { recursive: true });
    const lock = { pid: process.pid, username: "me", hostname: hostname(), timestamp: new Date().toISOString() };
    await writeFile(path.join(locks, "lock.json"), JSON.stringify(lock));
    const { exitCode, stderr } = await drift();
    expect(exitCode).to.equal(2);
    expect(stderr).to.include(`process ${process.pid} of me`);
  });
});
