import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../common/errors.ts";
import { waitFor } from "../../common/wait.ts";
import type { Kubectl } from "../kubectl.ts";
import { READY_TIMEOUT } from "../node/health.ts";
import type { NodePaths } from "../node/layout.ts";
import { availableSince, staleReadyPods } from "../node/pods.ts";
import type { NodeRecord } from "../node/record.ts";
import type { Toolchain } from "../toolchain/index.ts";
import { type AddonImages, addonImages, ensureAddonImages } from "./images.ts";
import { applyAddon, fillIn } from "./manifests.ts";

/** The cluster that gets the add-ons. */
export interface AddonOptions {
  readonly toolchain: Toolchain;
  readonly kubectl: Kubectl;
  readonly record: NodeRecord;
  readonly paths: NodePaths;
  readonly report: (line: string) => void;
}

/** Deployments that everything else depends on. metrics-server is not waited for. */
const essential = ["kube-system/coredns", "gateway-system/traefik"];

/**
 * Installs DNS, metrics, storage classes and the gateway, and waits until DNS and gateway serve. Applies nothing if this
 * cluster has them already. Returns whether it changed anything.
 * @throws UserError if they are not ready within ten minutes
 */
export async function ensureAddons(options: AddonOptions): Promise<boolean> {
  const { toolchain, kubectl, record, paths, report } = options;
  const imported = await ensureAddonImages(toolchain, record.init, paths.state);
  const images = addonImages(toolchain);
  const definitions = await readDefinitions(toolchain);
  const manifests = await readManifests(toolchain, images, kubectl, paths.state);
  const mark = join(paths.cluster, "addons-applied");
  const addon = { definitions, manifests, mark, isInstalled: () => essentialsExist(kubectl) };
  const changed = await applyAddon(kubectl, addon, () => report("applying DNS, metrics, storage and gateway"));
  await waitForAddons(kubectl, record, report);
  return changed || imported > 0;
}

/** The published custom resource definitions of the Gateway API, Traefik and the Prometheus operator. */
async function readDefinitions(toolchain: Toolchain): Promise<string> {
  const folder = join(toolchain.gatewayApi, "crds");
  // Without the admission policy against downgrades: only this program installs definitions here.
  const files = (await readdir(folder)).filter((name) => !name.includes("_vap_")).sort();
  const monitoring = ["servicemonitors", "prometheusrules"].map((name) =>
    join(toolchain.prometheusOperator, "crds", `${name}.yaml`),
  );
  const paths = [
    ...files.map((name) => join(folder, name)),
    join(toolchain.traefik, "traefik-crds.yaml"),
    ...monitoring,
  ];
  return (await Promise.all(paths.map((path) => readFile(path, "utf8")))).join("\n---\n");
}

async function readManifests(
  toolchain: Toolchain,
  images: AddonImages,
  kubectl: Kubectl,
  state: string,
): Promise<string> {
  const folder = join(import.meta.dirname, "manifests");
  const own = await Promise.all(
    ["storage", "coredns", "traefik"].map((name) => readFile(join(folder, `${name}.yaml`), "utf8")),
  );
  const work = await mkdtemp(join(state, "metrics-server-"));
  try {
    await cp(join(toolchain.metricsServer, "manifests"), join(work, "base"), { recursive: true });
    const overlay = await readFile(join(import.meta.dirname, "metrics-server", "kustomization.yaml"), "utf8");
    await writeFile(join(work, "kustomization.yaml"), fillIn(overlay, images));
    const metricsServer = await kubectl.run(["kustomize", work]);
    return [...own.map((text) => fillIn(text, images)), metricsServer].join("\n---\n");
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function listJson(kubectl: Kubectl, kind: string): Promise<unknown> {
  return JSON.parse(await kubectl.run(["get", kind, "--all-namespaces", "--output", "json"]));
}

async function essentialsExist(kubectl: Kubectl): Promise<boolean> {
  const names = await kubectl.run([
    "get",
    "deployments",
    "--all-namespaces",
    "--output",
    "jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name} {end}",
  ]);
  return essential.every((name) => names.split(" ").includes(name));
}

/** Waits until the essential add-ons are ready since the node's start, and no other pod has a status from before it. */
async function waitForAddons(kubectl: Kubectl, record: NodeRecord, report: (line: string) => void): Promise<void> {
  let awaited = "";
  const look = async () => {
    const pods = await listJson(kubectl, "pods");
    const missing = essential.filter((name) => !availableSince(pods, name, record.startedAt));
    const stale = staleReadyPods(pods, record.startedAt);
    if (missing.length === 0 && stale.length === 0 && (await gatewayAnswers(record.gatewayPort))) return true;
    awaited = (missing.length > 0 ? missing : stale).join(", ") || "the gateway";
    report(`waiting for ${awaited}`);
    return undefined;
  };
  if (await waitFor(look, { interval: 300, timeout: READY_TIMEOUT })) return;
  throw new UserError(
    `${awaited} is not ready after ten minutes`,
    "see kubectl get pods -A with the kubeconfig that status names",
  );
}

/** Whether an HTTP server answers on the gateway's port; without routes it answers 404. */
async function gatewayAnswers(port: number): Promise<boolean> {
  try {
    await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2000), redirect: "manual" });
    return true;
  } catch {
    return false;
  }
}
