import path from "node:path";
import { imagesIn } from "../../cluster/images/references.ts";
import type { Kubectl } from "../../cluster/kubectl.ts";
import { UserError } from "../../common/errors.ts";
import { repositoryRoot } from "../../common/paths.ts";
import { locateProblems, readStackLayers } from "../../render/locate.ts";
import { readRefresh } from "../drift/refresh.ts";
import { EngineProgress } from "../pulumi/events.ts";
import { changesProvider, describeSteps, losesData, namespacesOf, type PreviewStep } from "../pulumi/preview.ts";
import { failed, Session } from "../pulumi/session.ts";
import { projectName, Workspace } from "../pulumi/workspace.ts";
import { hasFailed } from "../status/problems.ts";
import { takeOver } from "./earlier-release.ts";
import { checkNodes, removeTaints } from "./nodes.ts";
import type { Deployed, DeployOptions } from "./options.ts";
import { suspects } from "./suspects.ts";
import { problemsIn, watchForTrouble } from "./trouble.ts";

const ORIGINS = {
  path: "the Pulumi CLI on PATH",
  downloaded: "a downloaded Pulumi CLI",
  built: "the Pulumi CLI that was built here",
} as const;

/**
 * Deploys a stack with the Pulumi engine, with its state in a local folder. The checkout is not changed.
 *
 * @throws UserError with the errors of the program or the engine, or if the change would delete data
 */
export async function deployStack(options: DeployOptions): Promise<Deployed> {
  const { stack, kubectl, images, report } = options;
  const adopts = await takeOver(options);
  const workspace = new Workspace(options.stateDirectory);
  const given = options.configFiles ?? [path.join(repositoryRoot, `Pulumi.${stack}.yaml`)];
  await workspace.write(stack, {
    configFiles: given.map((file) => path.resolve(file)),
    images,
    cluster: {
      kubeconfig: kubectl.kubeconfig,
      ...(kubectl.context === undefined ? {} : { context: kubectl.context }),
      // Constant, because every start of the node writes a new kubeconfig for the same cluster.
      identifier: kubectl.context ?? "embedded",
    },
  });
  const session = await Session.open(workspace, stack, report);
  // Namespaces and claims were kept; the engine adopts them.
  if (adopts) await session.mark();
  const settings = `--config-file=${workspace.stackFile(stack)}`;
  report("comparing the stack with its state and with the cluster");
  const steps = await compare(session, kubectl, settings).catch(async (error: unknown) => {
    throw options.configFiles === undefined ? error : await located(error, stack, options.configFiles);
  });
  rejectDataLoss(steps);
  await checkNodes(kubectl, steps);

  const namespaces = namespacesOf(steps);
  const again = await failedJobs(kubectl, steps);
  const changes = [...describeSteps(steps), ...again.map(({ name }) => `± Job ${name}`)];
  if (changes.length > 0) {
    await options.prepareImages?.(imagesIn(steps.map(({ newState }) => newState?.inputs)));
    report(`${changes.length} changes`);
    const replaced = again.flatMap(({ urn }) => ["--replace", urn]);
    await runUp(session, ["up", "--yes", "--skip-preview", settings, ...replaced], namespaces, options);
    await removeTaints(kubectl, steps);
  }
  const { origin, program } = session.cli;
  const where = origin === "built" ? "" : ` (${program})`;
  return { engine: `Deployed with ${ORIGINS[origin]}${where}.`, changes, namespaces };
}

/**
 * The steps of an `up`, including those that undo changes made by hand. The engine compares the program with its state, so
 * the state of objects that differ in the cluster is refreshed first. Other objects are not refreshed, because a refresh
 * marks objects that are still starting as unfinished, and takes long for many.
 */
async function compare(session: Session, kubectl: Kubectl, settings: string): Promise<readonly PreviewStep[]> {
  const preview = async () => {
    const output = await session.run(["preview", "--json", "--show-sames", settings]);
    return (JSON.parse(output) as { steps?: readonly PreviewStep[] }).steps ?? [];
  };
  const look = (...args: readonly string[]) =>
    session.run(["refresh", "--preview-only", "--json", settings, ...args]).then(readRefresh);
  const steps = await preview();
  const suspicious = await suspects(kubectl, steps);
  if (suspicious?.length === 0) return steps;
  const all = suspicious === undefined || suspicious.length > MOST_TARGETS;
  const [looked] = await Promise.allSettled([look(...(all ? [] : targetsOf(suspicious)))]);
  if (looked.status === "rejected" && !changesProvider(steps)) throw looked.reason;
  // A refresh uses the kubeconfig of the last `up`, even if that was wrong; --run-program uses the current one.
  const provider = looked.status === "rejected" ? ["--run-program"] : [];
  const objects = looked.status === "rejected" ? await look(...provider) : looked.value;
  const drifted = objects.filter(
    ({ deleted, changes }) => deleted || Object.keys(changes).some((path) => !isTaint(path)),
  );
  if (drifted.length === 0) return steps;
  const targets = targetsOf(drifted.map(({ urn }) => urn));
  await session.run(["refresh", "--yes", "--skip-preview", settings, ...provider, ...targets]);
  return preview();
}

/** Above this number of suspicious objects all are looked at; a command line has no room for thousands. */
const MOST_TARGETS = 500;

const targetsOf = (urns: readonly string[]) => urns.flatMap((urn) => ["--target", urn]);

/** The program's errors with the files and the paths in them where the settings are written, instead of the merged stack's. */
async function located(error: unknown, stack: string, files: readonly string[]): Promise<unknown> {
  if (!(error instanceof UserError)) return error;
  const layers = await readStackLayers(await projectName(), files);
  return new UserError(locateProblems(error.what, `Pulumi.${stack}.yaml`, layers), error.remedy);
}

/** The cluster sets taints itself, for example on cordoned nodes. */
const isTaint = (path: string) => path.startsWith("spec.taints");

/** Runs an `up`, shows its progress, and cancels it if pods stay in trouble. */
async function runUp(
  session: Session,
  args: readonly string[],
  namespaces: readonly string[],
  { kubectl, report, log = () => undefined }: DeployOptions,
): Promise<void> {
  const progress = new EngineProgress(report, log);
  const { result, cancel } = await session.change(args, (event) => progress.take(event));
  const watch = watchForTrouble(kubectl, namespaces, () => progress.inProgress(), cancel);
  const ended = await result.finally(watch.stop);
  if (ended.exitCode === 0) return;
  const problems = await problemsIn(kubectl, namespaces).catch(() => []);
  const known = problems.map(({ object, what, remedy }) => `${object}: ${what}; ${remedy}`);
  throw failed(args, ended, known.length === 0 ? undefined : `\n${known.join("\n")}`);
}

function rejectDataLoss(steps: readonly PreviewStep[]): void {
  const lost = losesData(steps);
  if (lost.length === 0) return;
  throw new UserError(
    `${lost.join(", ")} would be deleted with the data in it, as the stack is written now`,
    "put it back into the stack file; or, to delete it, run npm run pulumi -- up",
  );
}

/** Failed Jobs, which do not run again by themselves. Jobs that are meant to run only once are left out. */
async function failedJobs(
  kubectl: Kubectl,
  steps: readonly PreviewStep[],
): Promise<readonly { readonly urn: string; readonly name: string }[]> {
  const jobs = steps.flatMap(({ op, urn, oldState, newState }) => {
    const { name, namespace } = newState?.inputs?.metadata ?? {};
    if (oldState?.type !== "kubernetes:batch/v1:Job" || !["same", "update"].includes(op)) return [];
    if (name === undefined || namespace === undefined || (newState?.ignoreChanges ?? []).length > 0) return [];
    return [{ urn, name, namespace }];
  });
  if (jobs.length === 0) return [];
  const live = (await kubectl.get(["jobs", "--all-namespaces"])).filter(hasFailed);
  return jobs.filter(({ name, namespace }) =>
    live.some(({ metadata }) => metadata.name === name && metadata.namespace === namespace),
  );
}
