import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../../common/errors.ts";
import type { Kubectl } from "../../kubectl.ts";
import type { NodePaths } from "../../node/layout.ts";
import type { NodeRecord } from "../../node/record.ts";
import { placeOf } from "../../toolchain/index.ts";
import { monitoringTools } from "../../toolchain/monitoring.ts";
import type { ToolPlace } from "../../toolchain/tool.ts";
import { type BinaryImage, ensureBinaryImages, imageReference } from "../images.ts";
import { applyAddon, fillIn } from "../manifests.ts";

/** Namespace of Prometheus and what belongs to it. */
export const MONITORING_NAMESPACE = "monitoring";

/** Manifests in the order in which they are applied. */
const MANIFESTS = ["operator", "prometheus", "alertmanager", "kube-state-metrics", "scraping"];

/** What is waited for, in this order. The operator creates the pods of the last two. */
const WORKLOADS = [
  "deployment/prometheus-operator",
  "deployment/kube-state-metrics",
  "alertmanager.monitoring.coreos.com/alertmanager",
  "prometheus.monitoring.coreos.com/prometheus",
];

/** The cluster that gets the add-on. */
export interface MonitoringOptions {
  readonly kubectl: Kubectl;
  /** Folder of the containerd that the node runs. */
  readonly containerd: string;
  readonly record: NodeRecord;
  readonly paths: NodePaths;
  readonly report: (line: string) => void;
}

/** The tools of the add-on with their places in the cache, in build order. Reads only. */
export function planMonitoring(cache?: string): ToolPlace[] {
  return Object.values(monitoringTools).map((tool) => placeOf(tool, cache));
}

/** The images of the add-on, by the names that its manifests call them. */
export function monitoringImages(): Readonly<Record<string, BinaryImage>> {
  const image = (binary: string, { folder }: ToolPlace): BinaryImage => ({
    reference: imageReference(binary, folder),
    folder,
    binary,
    // The operator starts the reloader as /bin/prometheus-config-reloader.
    into: "bin",
  });
  const operator = placeOf(monitoringTools.operator);
  return {
    prometheus: image("prometheus", placeOf(monitoringTools.prometheus)),
    alertmanager: image("alertmanager", placeOf(monitoringTools.alertmanager)),
    operator: image("operator", operator),
    configReloader: image("prometheus-config-reloader", operator),
    kubeStateMetrics: image("kube-state-metrics", placeOf(monitoringTools.kubeStateMetrics)),
  };
}

/** The manifests of the add-on, one file after the other, with the images filled in. */
export async function monitoringManifests(): Promise<string> {
  const images = Object.entries(monitoringImages()).map(([name, { reference }]) => [name, reference]);
  const texts = MANIFESTS.map((name) => readFile(join(import.meta.dirname, `${name}.yaml`), "utf8"));
  return (await Promise.all(texts)).map((text) => fillIn(text, Object.fromEntries(images))).join("\n---\n");
}

/**
 * Installs the Prometheus operator, Prometheus, Alertmanager and kube-state-metrics, which must be built, and waits until all
 * are ready. Applies nothing if this cluster has them already. Returns whether it changed anything.
 * @throws UserError if they are not ready within three minutes each
 */
export async function ensureMonitoring({
  kubectl,
  containerd,
  record,
  paths,
  report,
}: MonitoringOptions): Promise<boolean> {
  report("importing images");
  const place = { containerd, init: record.init, state: paths.state };
  const imported = await ensureBinaryImages(Object.values(monitoringImages()), place);
  const definitions = await readDefinitions();
  const manifests = await monitoringManifests();
  const mark = join(paths.cluster, "monitoring-applied");
  const addon = { definitions, manifests, mark, isInstalled: () => isInstalled(kubectl) };
  const changed = await applyAddon(kubectl, addon, () =>
    report("applying the operator, Prometheus, Alertmanager and kube-state-metrics"),
  );
  for (const workload of WORKLOADS) {
    report(`waiting for ${workload}`);
    await waitUntilAvailable(kubectl, workload);
  }
  return changed || imported > 0;
}

async function readDefinitions(): Promise<string> {
  const folder = join(placeOf(monitoringTools.operator).folder, "crds");
  const files = (await readdir(folder)).sort();
  return (await Promise.all(files.map((name) => readFile(join(folder, name), "utf8")))).join("\n---\n");
}

async function isInstalled(kubectl: Kubectl): Promise<boolean> {
  const found = await kubectl.get([`--namespace=${MONITORING_NAMESPACE}`, "deployments"]);
  return found.some(({ metadata }) => metadata.name === "prometheus-operator");
}

async function waitUntilAvailable(kubectl: Kubectl, workload: string): Promise<void> {
  const flags = ["--for=condition=Available", "--timeout=180s", `--namespace=${MONITORING_NAMESPACE}`];
  try {
    await kubectl.run(["wait", ...flags, workload]);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      `${workload} in namespace ${MONITORING_NAMESPACE} is not ready (${error.what})`,
      `see kubectl get pods --namespace ${MONITORING_NAMESPACE} with the kubeconfig that status names`,
    );
  }
}
