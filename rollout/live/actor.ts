import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Kubectl } from "../../cluster/kubectl.ts";
import { errorMessage, UserError } from "../../common/errors.ts";
import { waitForLock } from "../../common/file-lock.ts";
import { waitFor } from "../../common/wait.ts";
import { ConfigError, type ResolvedStack } from "../../config/index.ts";
import { deployPart, TroubleError } from "../../engine/deploy/part.ts";
import { nameOf, type PreviewStep } from "../../engine/pulumi/preview.ts";
import type { Workspace } from "../../engine/pulumi/workspace.ts";
import { StackFileError } from "../../render/stack-file.ts";
import { type Actor, type CommitText, type Look, type News, NotReadyError } from "../driver/actor.ts";
import type { Progress } from "../driver/progress.ts";
import { prometheusEvidence } from "../evidence/evidence.ts";
import type { QuerySeries } from "../evidence/prometheus.ts";
import type { RolloutRecord } from "../records/record.ts";
import type { ModelView, Pods, Settings } from "../settings/settings.ts";
import { versionQueries } from "./evidence.ts";
import type { GitCommits } from "./git.ts";
import type { PositionFile } from "./position.ts";
import type { RecordFile } from "./record-file.ts";
import { readStackFiles, type StackFiles, viewOf, writeSettings } from "./stack-file.ts";
import { type LiveVersion, liveVersions } from "./versions.ts";
import { postNews } from "./webhook.ts";

/** What a driver of a real stack works with. */
export interface LiveOptions {
  readonly stack: string;
  /** Name of the model's entry. */
  readonly entry: string;
  /** The stack's files, absolute; later ones override earlier ones. */
  readonly files: readonly string[];
  readonly workspace: Workspace;
  readonly kubectl: Kubectl;
  readonly query: QuerySeries;
  readonly records: RecordFile;
  readonly position: PositionFile;
  /** Undefined: nothing is committed. */
  readonly commits: GitCommits | undefined;
  /** Undefined: nobody is told. */
  readonly webhook: string | undefined;
  readonly report: (line: string) => void;
}

/** Milliseconds that pods may take to become ready after the engine is done, beyond those that their startup probe allows. */
const READY_TIMEOUT = 60_000;

/** Acts on a stack by its files, the Pulumi engine and Prometheus. */
export class LiveActor implements Actor {
  readonly #options: LiveOptions;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  now(): number {
    return Date.now();
  }

  wait(seconds: number, signal?: AbortSignal): Promise<void> {
    return this.#options.records.wait(seconds * 1000, signal);
  }

  readRecords(): Promise<string> {
    return this.#options.records.read();
  }

  append(record: RolloutRecord): Promise<void> {
    return this.#options.records.append(record);
  }

  async view(): Promise<ModelView> {
    return viewOf(await this.#files(), this.#options.entry);
  }

  async configure(settings: Settings): Promise<void> {
    const { workspace, stack, entry, files } = this.#options;
    // Drivers of other models write the same files.
    const release = await waitForLock(path.join(workspace.root, `${stack}.stack-file.lock`));
    try {
      const { project, resolved, values } = await this.#files();
      const { model, name } = modelOf(resolved, entry);
      const before = viewOf({ resolved, values }, entry).settings;
      const identity = { project, model, ...(name === undefined ? {} : { name }) };
      await writeSettings(files, identity, before, settings);
    } finally {
      release();
    }
  }

  async deploy(awaited: readonly string[], stop: AbortSignal): Promise<void> {
    const { workspace, stack, kubectl, entry, report } = this.#options;
    const { resolved } = await this.#files();
    const model = modelOf(resolved, entry);
    try {
      await deployPart({ workspace, stack, kubectl, stop, report, isPart: (step) => isPartOf(model, step) });
    } catch (error) {
      throw error instanceof TroubleError ? new NotReadyError(error.what, error.remedy) : error;
    }
    const { pods } = await this.view();
    for (const version of awaited) await this.#awaitPods(version, pods[version], stop);
  }

  async look(since: number | undefined): Promise<Look> {
    const { kubectl, entry, query, position } = this.#options;
    const { resolved } = await this.#files();
    const model = modelOf(resolved, entry);
    const { stable = "", canary = "" } = model.traffic ?? {};
    const at = Date.now();
    const live = await liveVersions(kubectl, resolved.namespace.name, model).catch(() => undefined);
    const queries = Object.fromEntries(
      [stable, canary].map((version) => [version, versionQueries(resolved, model, version, live?.[version])]),
    );
    const before = await position.load(since);
    const { observation, position: next } = await prometheusEvidence(queries, query)(at, before);
    await position.save(at, next);
    if (live === undefined) {
      return { at, seconds: observation.seconds, weights: {}, missing: "the cluster does not answer" };
    }
    const both = [stable, canary].map((version) => [version, live[version]] as const);
    return {
      ...observation,
      weights: Object.fromEntries(both.map(([version, state]) => [version, state?.weight ?? 0])),
      health: Object.fromEntries(
        both.flatMap(([version, state]) => (state === undefined ? [] : [[version, state.health]])),
      ),
    };
  }

  async readyPods(version: string): Promise<number> {
    return (await this.#live())[version]?.health.ready ?? 0;
  }

  async commit(text: CommitText): Promise<void> {
    const reason = await this.#options.commits?.commit(text);
    if (reason !== undefined) this.report(`not committed: ${reason}`);
  }

  /** Commits what a driver that was interrupted before its commit has left. */
  async commitLeftover(progress: Progress | undefined): Promise<void> {
    const last = progress?.history.at(-1);
    if (progress === undefined || last === undefined || progress.pending !== undefined) return;
    if ((await this.#options.commits?.behind()) !== true) return;
    await this.commit({ subject: `Record the rollout of ${progress.model}`.slice(0, 72), body: last.text });
  }

  async notify(news: News): Promise<void> {
    const { webhook, stack, entry } = this.#options;
    if (webhook === undefined) return;
    const reason = await postNews(webhook, { stack, model: entry }, news);
    if (reason !== undefined) this.report(reason);
  }

  report(line: string): void {
    this.#options.report(line);
  }

  async #live(): Promise<Readonly<Record<string, LiveVersion>>> {
    const { resolved } = await this.#files();
    return liveVersions(this.#options.kubectl, resolved.namespace.name, modelOf(resolved, this.#options.entry));
  }

  /** A person may be in the middle of an edit, so a file that is wrong is read again before it is reported. */
  async #files(): Promise<StackFiles> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await readStackFiles(this.#options.files);
      } catch (error) {
        const wrong = error instanceof ConfigError || error instanceof StackFileError;
        if (!wrong) throw error;
        if (attempt === 5) throw new UserError(errorMessage(error), "fix the stack file; the rollout goes on by run");
        await sleep(1000);
      }
    }
  }

  /** The route follows only once the version has the pods that its settings ask for. */
  async #awaitPods(version: string, pods: Pods | undefined, stop: AbortSignal): Promise<void> {
    const wanted = pods?.autoscaling?.minReplicas ?? pods?.replicas ?? 0;
    let last: LiveVersion | undefined;
    const look = async () => {
      last = (await this.#live())[version];
      if (last !== undefined && last.health.ready >= wanted) return true;
      this.report(`version ${version}: ${last?.health.ready ?? 0} of ${wanted} pods ready`);
      return undefined;
    };
    if (await waitFor(look, { interval: 3000, timeout: READY_TIMEOUT, signal: stop })) return;
    if (stop.aborted) throw new UserError("the change was stopped", "run goes on");
    const trouble = last?.health.trouble === undefined ? "" : `: ${last.health.trouble}`;
    throw new NotReadyError(
      `version ${version} has ${last?.health.ready ?? 0} of ${wanted} pods ready${trouble}`,
      "see `npm run status`",
    );
  }
}

/** @throws UserError if the stack has no such model */
export function modelOf({ models }: ResolvedStack, entry: string): ResolvedStack["models"][number] {
  const model = models.find((each) => each.entry === entry);
  if (model === undefined) throw new UserError(`the stack has no model "${entry}" any more`, "restore it, or abort");
  return model;
}

/** Components whose objects follow from which version is the stable one. */
const FOLLOWING = /ml:(serving:ApiGateway|platform:Monitoring|serving:LoadTest)\$/;

/** Whether a step changes the model's route, the pods of its versions, or what follows from its versions' roles. */
export function isPartOf(
  {
    entry,
    versions,
  }: Pick<ResolvedStack["models"][number], "entry"> & {
    readonly versions: readonly { readonly resourceName: string }[];
  },
  { urn }: PreviewStep,
): boolean {
  const name = nameOf(urn);
  if (urn.includes("ml:serving:Traffic$")) return name === entry || name.startsWith(`${entry}-`);
  if (urn.includes("ml:serving:ModelService$")) {
    return versions.some(({ resourceName }) => belongsTo(resourceName, name, urn));
  }
  return FOLLOWING.test(urn);
}

/** A version's environment and its further Services have names that begin with its own. */
function belongsTo(resourceName: string, name: string, urn: string): boolean {
  if (name === resourceName) return true;
  if (urn.includes(":core/v1:ConfigMap::")) return name === `${resourceName}-config`;
  return urn.includes(":core/v1:Service::") && name.startsWith(`${resourceName}-`);
}
