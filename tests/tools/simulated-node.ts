import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import type { Kubectl } from "../../cluster/kubectl.ts";
import { nodeName } from "../../cluster/node/layout.ts";
import { ensureTool } from "./index.ts";

/** A node without a machine: kwok reports it and its pods as ready, and runs no containers. */
export interface SimulatedNode {
  readonly name: string;
  /** Settings that bring pods to this node, if it has its default taint. */
  readonly scheduling: { readonly nodeSelector: object; readonly tolerations: readonly object[] };
  /** Deletes the node and its pods. */
  remove(): Promise<void>;
}

/** Properties of a simulated node. */
export interface SimulatedNodeOptions {
  readonly capacity: Readonly<Record<string, string>>;
  /** @default one taint, which only {@link SimulatedNode.scheduling} tolerates */
  readonly taints?: readonly object[];
  /** Whether no pods are scheduled to the node. @default false */
  readonly unschedulable?: boolean;
  /** Receives lines of progress. @default not shown */
  readonly report?: (line: string) => void;
}

const LABEL = "ml-platform.local/simulated";

/**
 * Adds a simulated node to a cluster, and waits until it is ready.
 *
 * @throws UserError if kwok cannot be built; KubectlError if the cluster rejects the node
 */
export async function addSimulatedNode(
  kubectl: Kubectl,
  name: string,
  options: SimulatedNodeOptions,
): Promise<SimulatedNode> {
  const stop = await startKwok(kubectl.kubeconfig, name, await ensureTool("kwok", options.report));
  const remove = () => removeNode(kubectl, name).finally(stop);
  try {
    // An interrupted run may have left such a node.
    await kubectl.run(["delete", "node", name, "--ignore-not-found"]);
    await kubectl.onObjects(["create"], [nodeObject(name, options)]);
    await kubectl.run(["wait", "--for=condition=Ready", `node/${name}`, "--timeout=240s"]);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    name,
    scheduling: { nodeSelector: { [LABEL]: name }, tolerations: [{ key: LABEL, operator: "Exists" }] },
    remove,
  };
}

async function removeNode(kubectl: Kubectl, name: string): Promise<void> {
  if ((await kubectl.get(["node", name])).length === 0) return;
  await kubectl.run(["cordon", name]);
  await kubectl.run(["delete", "pods", "--all-namespaces", `--field-selector=spec.nodeName=${name}`]);
  await kubectl.run(["delete", "node", name]);
}

/** Returns a function that stops kwok. */
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
    // Selected by name, because another kwok may manage other nodes of the same cluster.
    `--manage-nodes-with-label-selector=${LABEL}=${name}`,
    "--node-lease-duration-seconds=40",
    "--server-address=127.0.0.1:0",
    // Enough addresses for thousands of pods, although nothing can reach them.
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

function nodeObject(name: string, { capacity, taints, unschedulable = false }: SimulatedNodeOptions) {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        [LABEL]: name,
        // metrics-server skips nodes with this label: they have no kubelet.
        type: "kwok",
        // The same hostname as the real node, because volumes are tied to it.
        "kubernetes.io/hostname": nodeName,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
      },
    },
    spec: { unschedulable, taints: taints ?? [{ key: LABEL, value: name, effect: "NoSchedule" }] },
    status: { capacity, allocatable: capacity },
  };
}
