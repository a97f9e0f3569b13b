import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import type { Kubectl } from "../../cluster/kubectl.ts";
import { nodeName } from "../../cluster/node/layout.ts";
import { ensureTool } from "./index.ts";

/** A node that is played: kwok reports it and the pods on it as ready, and no container runs there. */
export interface PlayedNode {
  /** Settings of the pods that are to run there, and of no others. */
  readonly scheduling: { readonly nodeSelector: object; readonly tolerations: readonly object[] };
  /** Takes the node from the cluster. Its pods have to be gone. */
  remove(): Promise<void>;
}

const LABEL = "ml-platform.local/played";

/**
 * Adds a played node with room for thousands of pods, closed to all that do not ask for it.
 *
 * @throws UserError where kwok cannot be built; KubectlError where the cluster takes no node
 */
export async function playNode(kubectl: Kubectl, name: string, report: (line: string) => void): Promise<PlayedNode> {
  const stop = await startKwok(kubectl.kubeconfig, name, await ensureTool("kwok", report));
  const remove = async () => void (await kubectl.run(["delete", "node", name, "--ignore-not-found"]).finally(stop));
  try {
    // One that an interrupted measurement has left behind.
    await kubectl.run(["delete", "node", name, "--ignore-not-found"]);
    await kubectl.onObjects(["create"], [nodeObject(name)]);
    await kubectl.run(["wait", "--for=condition=Ready", `node/${name}`, "--timeout=120s"]);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    scheduling: { nodeSelector: { [LABEL]: name }, tolerations: [{ key: LABEL, operator: "Exists" }] },
    remove,
  };
}

/** Returns what stops it. */
async function startKwok(kubeconfig: string, name: string, folder: string): Promise<() => Promise<void>> {
  const stages = path.join(folder, "stages");
  const files = (await readdir(stages, { recursive: true })).filter((file) =>
    /(^|\/)(node|pod)-[a-z-]+\.yaml$/.test(file),
  );
  const texts = await Promise.all(files.map((file) => readFile(path.join(stages, file), "utf8")));
  const work = await mkdtemp(path.join(tmpdir(), "ml-platform-kwok-"));
  const config = path.join(work, "stages.yaml");
  await writeFile(config, texts.join("\n---\n"));
  const flags = [
    `--kubeconfig=${kubeconfig}`,
    `--config=${config}`,
    "--manage-all-nodes=false",
    // By name: another kwok may play other nodes of the same cluster.
    `--manage-nodes-with-label-selector=${LABEL}=${name}`,
    "--node-lease-duration-seconds=40",
    "--server-address=127.0.0.1:0",
    // Addresses of pods that nobody can call; enough of them for thousands.
    "--cidr=10.250.0.1/16",
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
    await rm(work, { recursive: true, force: true });
  };
}

function nodeObject(name: string) {
  const capacity = { cpu: "10k", memory: "100Ti", pods: "10k" };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        [LABEL]: name,
        // The volumes of the real node are tied to its host: the played node stands on the same one.
        "kubernetes.io/hostname": nodeName,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
      },
    },
    spec: { taints: [{ key: LABEL, value: name, effect: "NoSchedule" }] },
    status: { capacity, allocatable: capacity },
  };
}
