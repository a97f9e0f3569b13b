import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { valueAt } from "../../../engine/status/fields.ts";
import { ensureTool } from "../../tools/index.ts";
import type { Cluster } from "./cluster.ts";
import { eventually, gone } from "./wait.ts";

/** A node with a GPU that is played: kwok reports it and its pods as ready, and no container runs there. */
export interface PlayedNode {
  readonly name: string;
  /** Lets pods onto the node. */
  open(): Promise<void>;
  /** Takes the node from the cluster. */
  remove(): Promise<void>;
}

/** Makes a node with one GPU, closed to pods so that those of other suites do not go there before it has its taint. */
export async function playGpuNode(cluster: Cluster, name: string): Promise<PlayedNode> {
  const folder = await ensureTool("kwok");
  const stopKwok = await startKwok(cluster, folder);
  await cluster.kubectl.onObjects(["create"], [nodeObject(name)]);
  await eventually(`ready node ${name}`, async () => {
    const [node] = await cluster.kubectl.get(["node", name]);
    const conditions = (node && valueAt(node, "status.conditions")) as { type: string; status: string }[] | undefined;
    return conditions?.find(({ type, status }) => type === "Ready" && status === "True");
  });
  return {
    name,
    open: async () => void (await cluster.kubectl.run(["uncordon", name])),
    remove: async () => {
      await cluster.kubectl.run(["cordon", name]);
      await cluster.kubectl.run(["delete", "pods", "--all-namespaces", `--field-selector=spec.nodeName=${name}`]);
      await cluster.kubectl.run(["delete", "node", name]);
      await gone(cluster, "node", name);
      await stopKwok();
    },
  };
}

/** Returns what stops it. */
async function startKwok(cluster: Cluster, folder: string): Promise<() => Promise<void>> {
  const stages = path.join(folder, "stages");
  const names = (await readdir(stages, { recursive: true })).filter((name) =>
    /(^|\/)(node|pod)-[a-z-]+\.yaml$/.test(name),
  );
  const texts = await Promise.all(names.map((name) => readFile(path.join(stages, name), "utf8")));
  const work = await mkdtemp(path.join(tmpdir(), "ml-platform-kwok-"));
  const config = path.join(work, "stages.yaml");
  await writeFile(config, texts.join("\n---\n"));
  const flags = [
    `--kubeconfig=${cluster.kubeconfig}`,
    `--config=${config}`,
    "--manage-all-nodes=false",
    "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
    "--node-lease-duration-seconds=40",
    "--server-address=127.0.0.1:0",
  ];
  const process = execa(path.join(folder, "kwok"), flags, { cwd: work, reject: false, all: true });
  let stopping = false;
  const ended = process.then(({ all }) => {
    if (!stopping) console.error(`kwok ended by itself:\n${all}`);
  });
  return async () => {
    stopping = true;
    process.kill();
    await ended;
  };
}

function nodeObject(name: string) {
  const capacity = { cpu: "8", memory: "32Gi", pods: "110", "nvidia.com/gpu": "1" };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      annotations: { "kwok.x-k8s.io/node": "fake" },
      // The volumes of the real node are tied to its host: the played node stands on the same one.
      labels: {
        type: "kwok",
        "kubernetes.io/hostname": "ml-node",
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
      },
    },
    spec: {
      unschedulable: true,
      // Someone else's: the stack must not take it away.
      taints: [{ key: "example.com/reserved", value: "yes", effect: "PreferNoSchedule" }],
    },
    status: { capacity, allocatable: capacity },
  };
}
