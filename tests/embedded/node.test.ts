import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { fillIn } from "../../cluster/addons/manifests.ts";
import { hierarchies } from "../../cluster/node/cgroups.ts";
import { isReadySince } from "../../cluster/node/health.ts";
import { kubeconfigText } from "../../cluster/node/kubeconfig.ts";
import { type NodePaths, nodePaths } from "../../cluster/node/layout.ts";
import { claimMachine, machineOwner } from "../../cluster/node/machine.ts";
import { availableSince, staleReadyPods } from "../../cluster/node/pods.ts";
import { removeRecord, runningNode, writeRecord } from "../../cluster/node/record.ts";
import { startedNode } from "../../cluster/node/start.ts";
import { firstFreePort, isPortFree } from "../../common/ports.ts";
import { identify, isAlive } from "../../common/processes.ts";
import { steadyPort } from "../support/steady-port.ts";

describe("processes", () => {
  it("are identified by process id, start time and boot id", () => {
    const self = identify(process.pid);
    if (!self) throw new Error("this process is not found");
    expect(isAlive(self)).to.equal(true);
    expect(isAlive({ ...self, started: "1" }), "the number, used again").to.equal(false);
    expect(isAlive({ ...self, boot: "another" }), "the number, after a reboot").to.equal(false);
    expect(isAlive(undefined)).to.equal(false);
  });
});

describe("the machine's one node", () => {
  it("can be claimed only once, and reports its state folder", async () => {
    const name = `\0ml-platform-test-${process.pid}`;
    expect(await machineOwner(name)).to.equal(undefined);
    expect(await claimMachine("/some/state", name)).to.equal(true);
    expect(await claimMachine("/other/state", name)).to.equal(false);
    expect(await machineOwner(name)).to.deep.equal({ state: "/some/state", supervisor: identify(process.pid) });
  });
});

describe("the record of a node", () => {
  let paths: NodePaths;
  beforeEach(async () => {
    paths = nodePaths(await mkdtemp(path.join(tmpdir(), "record-")));
  });
  afterEach(() => rm(paths.state, { recursive: true, force: true }));

  const self = identify(process.pid);
  const settings = { init: 5, fingerprint: "f", gatewayPort: 8080, apiPort: 6443, startedAt: "2026-01-01T00:00:00Z" };

  it("is found while the node's supervisor runs", async () => {
    expect(await runningNode(paths)).to.equal(undefined);
    if (self === undefined) throw new Error("this process is not found");
    await writeRecord(paths, { supervisor: self, ...settings });
    expect(await runningNode(paths)).to.deep.include({ supervisor: self, init: 5 });
    await writeRecord(paths, { supervisor: { ...self, started: "1" }, ...settings });
    expect(await runningNode(paths)).to.equal(undefined);
  });

  it("is awaited for as long as the supervisor is starting the node", async () => {
    if (self === undefined) throw new Error("this process is not found");
    expect(await startedNode(paths)).to.equal(undefined);
    await writeRecord(paths, { supervisor: self, ...settings, init: 0 });
    const started = startedNode(paths);
    const answer = await Promise.race([started, new Promise((resolve) => setTimeout(resolve, 300, "waiting"))]);
    expect(answer).to.equal("waiting");
    await writeRecord(paths, { supervisor: self, ...settings });
    expect(await started).to.deep.include({ supervisor: self, init: 5 });
  });

  it("is found under the file names of an earlier release, and removed under old and new names", async () => {
    await writeFile(paths.formerRecord, JSON.stringify({ keeper: self, ...settings }));
    await writeFile(paths.record, "{}");
    expect((await runningNode(paths))?.supervisor).to.deep.equal(self);
    await removeRecord(paths);
    expect(await readdir(paths.state)).to.deep.equal([]);
  });
});

describe("ports", () => {
  it("are reported as taken or free", async () => {
    const server = createServer();
    const port = await steadyPort();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    expect(await isPortFree(port)).to.equal(false);
    expect(await firstFreePort(port), "any other").to.equal(0);
    await new Promise((resolve) => server.close(resolve));
    expect(await isPortFree(port)).to.equal(true);
    expect(await firstFreePort(port)).to.equal(port);
  });
});

describe("cgroup hierarchies", () => {
  it("are all cgroup mounts of both versions below /sys/fs/cgroup", () => {
    const v1 =
      "tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0";
    expect(hierarchies(v1)).to.deep.equal(["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/unified"]);
    expect(hierarchies("cgroup2 /sys/fs/cgroup cgroup2 rw 0 0")).to.deep.equal(["/sys/fs/cgroup"]);
  });
});

describe("the kubeconfig", () => {
  it("embeds one user and makes its context the current one", () => {
    const config = parse(
      kubeconfigText({ server: "https://127.0.0.1:6443", authority: "A", certificate: "C", key: "K" }),
    );
    expect(config["current-context"]).to.equal(config.contexts[0].name);
    expect(config.clusters[0].cluster.server).to.equal("https://127.0.0.1:6443");
    expect(Buffer.from(config.users[0].user["client-key-data"], "base64").toString()).to.equal("K");
  });
});

const start = "2026-01-01T10:00:00.700Z";
const earlier = "2026-01-01T09:59:59Z";
const later = "2026-01-01T10:00:05Z";

describe("after a restart", () => {
  const node = (status: string, lastHeartbeatTime: string) => ({
    status: { conditions: [{ type: "Ready", status, lastHeartbeatTime }] },
  });
  const pod = (name: string, startedAt: string, ready = "True") => ({
    metadata: { namespace: "kube-system", name },
    status: {
      conditions: [{ type: "Ready", status: ready }],
      containerStatuses: [{ state: { running: { startedAt } } }],
    },
  });

  it("the node is ready once it has reported so since its start", () => {
    expect(isReadySince(node("True", earlier), start)).to.equal(false);
    expect(isReadySince(node("True", later), start)).to.equal(true);
    expect(isReadySince(node("True", "2026-01-01T10:00:00Z"), start), "whole seconds").to.equal(true);
    expect(isReadySince(node("False", later), start)).to.equal(false);
    expect(isReadySince({}, start)).to.equal(false);
  });

  it("a pod whose ready status is older than the start is stale", () => {
    const leaving = pod("leaving-1", earlier);
    const pods = {
      items: [
        pod("coredns-1", earlier),
        pod("other-1", later),
        pod("waiting-1", earlier, "False"),
        { ...leaving, metadata: { ...leaving.metadata, deletionTimestamp: earlier } },
      ],
    };
    expect(staleReadyPods(pods, start)).to.deep.equal(["kube-system/coredns-1"]);
    expect(availableSince(pods, "kube-system/coredns", start)).to.equal(false);
    expect(availableSince(pods, "kube-system/other", start)).to.equal(true);
  });
});

describe("the add-ons' manifests", () => {
  const images = { pause: "p", coredns: "image:1", traefik: "t", metricsServer: "m" };

  it("have their image references filled in", () => {
    expect(fillIn('image: "{{coredns}}"', images)).to.equal('image: "image:1"');
    expect(() => fillIn("{{unknown}}", images)).to.throw("no image is called unknown");
  });
});
