import { readdir, readFile, rename, rm } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { execa } from "execa";
import { type Cluster, devCluster, local, NAMESPACE, predict, startLocal, status } from "./support/cluster.ts";

describe("the embedded cluster", function () {
  this.timeout(300_000);
  let cluster: Cluster;
  before(async function () {
    // On a new machine this builds Kubernetes and everything else from source.
    this.timeout(60 * 60_000);
    cluster = await devCluster();
  });

  const up = () => local("up", "--port", cluster.port);
  const registry = () =>
    cluster.kubectl.run([
      ...["exec", "deployment/model-v1", `--namespace=${NAMESPACE}`, "--"],
      ...["sh", "-c", "cat /models/registry/models.json /models/*/*/metadata.json"],
    ]);

  it("leaves no process, mount, interface, rule or cgroup behind, and comes back with its data", async () => {
    const before = await registry();
    const { exitCode, all } = await local("down");
    expect(exitCode, all).to.equal(0);
    expect(await leftovers(cluster.folder)).to.deep.equal([]);
    expect((await status()).gateway).to.equal(null);

    const again = await up();
    expect(again.exitCode, again.all).to.equal(0);
    expect(again.all).to.match(/Stack dev: no change/);
    expect(await registry()).to.equal(before);
    const { body } = await predict(cluster, { text: "What a wonderful film, we loved every minute of it" });
    expect(body["sentiment"]).to.equal("positive");
  });

  for (const seconds of [1, 4]) {
    it(`continues an up that was killed ${seconds} s after its start`, async () => {
      await local("down");
      const victim = startLocal("up", "--port", cluster.port);
      await sleep(seconds * 1000);
      victim.kill("SIGKILL");
      await victim;
      const { exitCode, all } = await up();
      expect(exitCode, all).to.equal(0);
      expect((await predict(cluster, { text: "Never again" })).status).to.equal(200);
    });
  }

  it("gets its kubeconfig back, which an up that was killed may not have written", async () => {
    await rm(cluster.kubeconfig);
    const { exitCode, all } = await up();
    expect(exitCode, all).to.equal(0);
    await cluster.kubectl.run(["get", "nodes"]);
  });

  it("is stopped by down even if its state folder was moved", async () => {
    const state = path.join(cluster.folder, "state");
    await rename(state, `${state}.aside`);
    const { exitCode, all } = await local("down");
    expect(exitCode, all).to.equal(0);
    expect(await leftovers(cluster.folder)).to.deep.equal([]);
    await execa("rm", ["-rf", state]);
    await rename(`${state}.aside`, state);
    const again = await up();
    expect(again.exitCode, again.all).to.equal(0);
  });

  it("rejects a second up while one is running, with one line", async () => {
    const first = startLocal("up", "--port", cluster.port);
    await sleep(300);
    const { exitCode, stderr } = await local("up");
    expect(exitCode).to.equal(1);
    expect(stderr).to.match(
      /^another up or down is running \(process \d+\): wait for it to end, or stop it and try again$/,
    );
    expect((await first).exitCode).to.equal(0);
  });

  it("says what to do about a port that is taken", async () => {
    await local("down");
    const squatter = createServer().listen(Number(cluster.port), "127.0.0.1");
    const { exitCode, stderr } = await up();
    await new Promise((resolve) => squatter.close(resolve));
    expect(exitCode).to.equal(1);
    expect(stderr).to.equal(
      `port ${cluster.port} on 127.0.0.1 is taken: free it or choose another: npm run up -- --port N`,
    );
    const again = await up();
    expect(again.exitCode, again.all).to.equal(0);
  });
});

/** What is left of a node on this machine, found by its state folder. */
async function leftovers(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${entry}/cmdline`, "utf8").catch(() => "");
    if (/kube-apiserver|kubelet|containerd|supervisor\.ts|etcd/.test(command)) found.push(`process ${command}`);
  }
  const mounts = await readFile("/proc/self/mounts", "utf8");
  found.push(...mounts.split("\n").filter((line) => line.includes(folder)));
  const { stdout: links } = await execa("ip", ["-oneline", "link"]);
  found.push(...links.split("\n").filter((line) => line.includes("ml-")));
  const { stdout: rules } = await execa("iptables-save", { reject: false });
  found.push(...(rules ?? "").split("\n").filter((line) => /KUBE|CNI|10\.200\./.test(line)));
  for (const controller of await readdir("/sys/fs/cgroup")) {
    const groups = await readdir(path.join("/sys/fs/cgroup", controller)).catch(() => []);
    found.push(...groups.filter((group) => group === "ml-platform").map((group) => `cgroup ${controller}/${group}`));
  }
  return found;
}
