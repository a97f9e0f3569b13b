import path from "node:path";
import { Kubectl } from "../../cluster/kubectl.ts";
import { nodePaths } from "../../cluster/node/layout.ts";
import { runningNode } from "../../cluster/node/record.ts";
import { toolchainFolders } from "../../cluster/toolchain/index.ts";
import { deployDirectory, stateDirectory } from "../../common/paths.ts";
import { deployStack } from "../../engine/deploy/index.ts";
import { Session } from "../../engine/pulumi/session.ts";
import { type Deployment, Workspace } from "../../engine/pulumi/workspace.ts";
import { addSimulatedNode } from "../../tests/tools/simulated-node.ts";
import { interruption } from "../interruption.ts";
import { measured, seconds, type Usage } from "./processes.ts";
import { NAMESPACE, writeStack } from "./stack.ts";

/** Cost of an `up` that changes nothing. */
export interface UpAgainMeasurement {
  /** Number of models, each with two versions. */
  readonly models: number;
  /** Number of resources, including components. */
  readonly resources: number;
  /** Seconds to deploy the models that this size has in addition to the previous one. */
  readonly deployedSeconds: number;
  /** `pulumi preview` without a change. */
  readonly preview: Usage;
  /** `npm run up` without a change: a preview, and a check for changes made by hand. */
  readonly again: Usage;
  /** The changes of that `up`; expected to be empty. */
  readonly changes: readonly string[];
}

/** A cluster to measure on, and images that its Jobs can run. */
interface Target {
  readonly kubectl: Kubectl;
  readonly images: Deployment["images"];
}

const STACK = "many";
const NODE = "ml-bench";
/** Enough addresses for thousands of pods. */
const CAPACITY = { cpu: "10k", memory: "100Ti", pods: "10k" };

/**
 * Deploys a stack that grows from size to size on the running embedded cluster, its pods on a simulated node, and measures an
 * `up` without a change after each. The namespace and the node are deleted at the end, even after an error or Ctrl-C.
 *
 * @param folder for the stack's files and state
 * @returns why it was not measured, if no cluster with the dev stack runs
 */
export async function measureUpAgain(
  folder: string,
  sizes: readonly number[],
  report: (line: string) => void,
): Promise<UpAgainMeasurement[] | string> {
  const target = await findTarget();
  if (target === undefined) return "skipped, since no cluster with the dev stack runs (npm run up)";
  const { kubectl } = target;
  if ((await kubectl.get(["namespace", NAMESPACE])).length > 0) {
    return `skipped, since the cluster has a namespace ${NAMESPACE} already (kubectl delete namespace ${NAMESPACE})`;
  }
  const interrupted = interruption();
  report("adding a simulated node");
  const node = await addSimulatedNode(kubectl, NODE, { capacity: CAPACITY, report });
  try {
    const measurements: UpAgainMeasurement[] = [];
    for (const models of sizes) {
      const file = await writeStack(folder, models, { shared: { scheduling: node.scheduling }, settings: GATEWAY });
      measurements.push(await Promise.race([measureSize(target, folder, file, models, report), interrupted]));
    }
    return measurements;
  } finally {
    report("removing the stack");
    // Deletes the pods of all models at once; the engine would delete them one by one.
    await kubectl.run(["delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=30m"]).finally(node.remove);
  }
}

/** The gateway of the embedded cluster. */
const GATEWAY = {
  "ml-platform:gateway": { name: "ml-gateway", namespace: "gateway-system", implementation: "traefik" },
};

async function measureSize(
  { kubectl, images }: Target,
  folder: string,
  file: string,
  models: number,
  report: (line: string) => void,
): Promise<UpAgainMeasurement> {
  const workspace = new Workspace(folder);
  const cluster = { kubeconfig: kubectl.kubeconfig, identifier: "embedded" };
  await workspace.write(STACK, { configFiles: [file], images, cluster });
  const session = await Session.open(workspace, STACK, report);
  const settings = `--config-file=${workspace.stackFile(STACK)}`;

  report(`deploying ${models} models`);
  const start = performance.now();
  await deploy(session, settings);
  const deployedSeconds = (performance.now() - start) / 1000;
  report(`preview of ${models} models without a change`);
  const { result, usage: preview } = await measured(() => session.run(["preview", "--json", "--show-sames", settings]));
  const resources = (JSON.parse(result) as { steps: readonly unknown[] }).steps.length;
  report(`up of ${models} models without a change`);
  const { result: deployed, usage: again } = await measured(() =>
    deployStack({ stack: STACK, configFiles: [file], kubectl, stateDirectory: folder, images, report }),
  );
  report(`${models} models, deployed: preview ${seconds(preview)}, up ${seconds(again)}`);
  return { models, resources, deployedSeconds, preview, again, changes: deployed.changes };
}

/**
 * The first deployment, which is not measured. Its state is written only at the end: writing it after each step, as usual, takes
 * time quadratic in the number of resources.
 */
async function deploy(session: Session, settings: string): Promise<void> {
  process.env["PULUMI_SKIP_CHECKPOINTS"] = "true";
  try {
    const { result } = await session.change(["up", "--yes", "--skip-preview", settings], () => undefined);
    const { exitCode, errors } = await result;
    if (exitCode !== 0) throw new Error(`the stack could not be deployed:\n${errors.join("\n")}`);
  } finally {
    delete process.env["PULUMI_SKIP_CHECKPOINTS"];
  }
}

/** The running embedded cluster, and the images that its dev stack was deployed with. */
async function findTarget(): Promise<Target | undefined> {
  const paths = nodePaths(stateDirectory());
  const record = await runningNode(paths);
  const dev = await new Workspace(deployDirectory()).deployment("dev");
  if (record === undefined || dev === undefined) return undefined;
  return {
    kubectl: new Kubectl(path.join(toolchainFolders().kubernetes, "kubectl"), paths.kubeconfig),
    images: dev.images,
  };
}
