import path from "node:path";
import { ensureMonitoring, MONITORING_NAMESPACE, planMonitoring } from "../../cluster/addons/monitoring/index.ts";
import type { Kubectl } from "../../cluster/kubectl.ts";
import { nodePaths } from "../../cluster/node/layout.ts";
import { runningNode } from "../../cluster/node/record.ts";
import { toolchainFolders } from "../../cluster/toolchain/index.ts";
import { UserError } from "../../common/errors.ts";
import { repositoryRoot, stateDirectory } from "../../common/paths.ts";
import { readStack, StackFileError } from "../../render/stack-file.ts";
import { buildStep } from "./build-step.ts";
import type { UpOptions } from "./options.ts";
import { runSteps } from "./progress.ts";

/**
 * Checks `--prometheus` against the stack before anything is changed.
 *
 * @returns a line for the end of `up` if nothing of the stack will be scraped
 * @throws UserError if the flag has no meaning for the cluster, or the stack's Prometheus would be another one
 */
export async function checkPrometheus({
  prometheus,
  context,
  stack,
  configFile,
}: UpOptions): Promise<string | undefined> {
  if (prometheus !== true) return undefined;
  if (context !== undefined) {
    throw new UserError(
      "--prometheus is for the embedded cluster",
      "install the Prometheus operator on yours, and name its namespace in the stack's monitoring",
    );
  }
  const files = configFile ?? [path.join(repositoryRoot, `Pulumi.${stack}.yaml`)];
  const { project, values } = await readStack(repositoryRoot, files).catch((error: unknown) => {
    if (error instanceof StackFileError) throw new UserError(error.message, "fix it, and run this again");
    throw error;
  });
  return prometheusHint(values[`${project}:monitoring`], stack, files.at(-1) ?? "");
}

/** What is to be said about a stack's `monitoring`, as JSON. @throws UserError if it names another namespace */
export function prometheusHint(monitoring: string | undefined, stack: string, file: string): string | undefined {
  if (monitoring === undefined) {
    return `Prometheus scrapes the gateway, and nothing of stack ${stack}: add monitoring: { namespace: ${MONITORING_NAMESPACE} } to ${file}, and run this again.`;
  }
  const { namespace, prometheus } = readMonitoring(monitoring);
  if (typeof namespace !== "string" || namespace === MONITORING_NAMESPACE || prometheus !== undefined) return undefined;
  throw new UserError(
    `${file}: monitoring.namespace is "${namespace}", but --prometheus installs Prometheus in "${MONITORING_NAMESPACE}"`,
    `set it to "${MONITORING_NAMESPACE}", or leave --prometheus out`,
  );
}

/** The stack's `monitoring`, unchecked; the stack's schema reports mistakes in it. */
function readMonitoring(text: string): { readonly namespace?: unknown; readonly prometheus?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Builds what is missing, and installs Prometheus and what belongs to it on the embedded cluster. */
export async function installPrometheus(kubectl: Kubectl): Promise<void> {
  const builds = planMonitoring()
    .filter(({ built }) => !built)
    .map((place, index, all) => buildStep(place, { keepCacheFor: all.slice(index + 1).map(({ tool }) => tool) }));
  await runSteps([...builds, { title: "Prometheus", run: (report) => install(kubectl, report) }]);
  console.log(
    `\nPrometheus and Alertmanager run in namespace ${MONITORING_NAMESPACE}, as Services prometheus-operated:9090 and alertmanager-operated:9093.`,
  );
}

async function install(kubectl: Kubectl, report: (line: string) => void): Promise<string> {
  const paths = nodePaths(stateDirectory());
  const record = await runningNode(paths);
  if (record === undefined) throw new UserError("the node has stopped", "run this again");
  const { containerd } = toolchainFolders();
  return (await ensureMonitoring({ kubectl, containerd, record, paths, report })) ? "ready" : "no change";
}
