import { rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describeFault, makeDirectory, replaceDurably, UserError, withLock } from "../../registry/index.ts";
import type { WorkerGroup } from "../learn/workers/worker-group.ts";
import type { TrainingLog } from "../log.ts";
import { HeartbeatMonitor, sendHeartbeats } from "./heartbeat.ts";
import { assertSamePlan, type Plan, RunId, readPlans } from "./plan.ts";
import { getFile, listFiles, putFile } from "./run-files.ts";
import { emptyFolder, PUBLISHED_FILE, runFolder, sweepRuns, workerFile } from "./run-folder.ts";

/** Pause between two listings of the folder. It starts short, because a step of a linear model takes milliseconds. */
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 500;
/** The worker that merges and publishes. */
export const LEADER = 0;

export interface RunOptions {
  /** Root of the models volume, which all workers mount. */
  readonly models: string;
  readonly run: string;
  /** Number of this worker, 0 … workers − 1. */
  readonly worker: number;
  readonly plan: Plan;
  /** Maximum time without a heartbeat of a worker that is waited for, in milliseconds. */
  readonly workerTimeoutMs: number;
  /** Compute missing shares of other workers instead of waiting for them. */
  readonly computeMissing: boolean;
  readonly log: TrainingLog;
}

/** Thrown by a worker that is still waiting when another process has published the version. */
export class RunFinished extends Error {}

/**
 * Workers that exchange their shares through a folder on the models volume. Worker 0 merges the shares of each step. A
 * merged step is never computed again: a restarted worker reads the results, so the outcome is the same.
 */
export class VolumeWorkerGroup implements WorkerGroup {
  readonly size: number;
  readonly #options: RunOptions;
  readonly #folder: string;
  readonly #heartbeats: HeartbeatMonitor;
  readonly #stopHeartbeats: () => void;

  /** Joins a run: writes the plan, compares it with the plans of the others, and removes abandoned runs. */
  static async join(options: RunOptions): Promise<VolumeWorkerGroup> {
    const { models, plan, run, worker } = options;
    const parsed = RunId.safeParse(run);
    if (!parsed.success) throw new UserError(`--run ${run}: ${parsed.error.issues[0]?.message}`);
    const folder = runFolder(models, plan.model, run);
    try {
      await makeDirectory(folder);
      await replaceDurably(path.join(folder, workerFile(worker)), JSON.stringify(plan));
    } catch (error) {
      throw describeFault("cannot write", folder, error);
    }
    for (const [name, other] of await readPlans(folder)) assertSamePlan(run, plan, other, name);
    if (worker === LEADER) {
      for (const swept of await sweepRuns(models, plan.model, run)) options.log.event("swept", { run: swept });
    }
    return new VolumeWorkerGroup(options, folder);
  }

  private constructor(options: RunOptions, folder: string) {
    this.size = options.plan.workers;
    this.#options = options;
    this.#folder = folder;
    this.#heartbeats = new HeartbeatMonitor(folder);
    this.#stopHeartbeats = sendHeartbeats(folder, options.worker);
  }

  async combine(
    step: string,
    share: (worker: number) => Uint8Array | Promise<Uint8Array>,
    merge: (shares: readonly Uint8Array[]) => Uint8Array,
  ): Promise<Uint8Array> {
    const { worker, computeMissing } = this.#options;
    const merged = `${step}.merged`;
    const shares = Array.from({ length: this.size }, (_, i) => `${step}.${i}`);
    const own = shares[worker] ?? "";
    let checked = false;
    let pause = FIRST_PAUSE_MS;
    for (;;) {
      const names = await listFiles(this.#folder);
      if (names.has(PUBLISHED_FILE)) throw new RunFinished();
      const result = names.has(merged) ? await getFile(this.#folder, merged) : undefined;
      if (result) return result;
      // The share may exist from before a restart; a damaged one is computed again.
      if (!names.has(own) || !(checked || (await getFile(this.#folder, own)))) {
        await putFile(this.#folder, own, await share(worker));
        checked = true;
        continue;
      }
      checked = true;
      const missing = shares.flatMap((name, i) => (names.has(name) ? [] : [i]));
      if (worker === LEADER && missing.length === 0) {
        const contents = await Promise.all(shares.map((name) => getFile(this.#folder, name)));
        const whole = contents.filter((content) => content !== undefined);
        if (whole.length === this.size) {
          const all = merge(whole);
          await putFile(this.#folder, merged, all);
          await Promise.all(shares.map((name) => rm(path.join(this.#folder, name), { force: true })));
          return all;
        }
      }
      const [next] = missing;
      if (worker === LEADER && computeMissing && next !== undefined) {
        await putFile(this.#folder, `${step}.${next}`, await share(next));
        continue;
      }
      await this.#assertAlive(step, worker === LEADER ? missing : [LEADER]);
      await sleep(pause);
      pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS);
    }
  }

  /**
   * Publishes with `publish` unless a process of this run has published already, and tells the waiting workers the version.
   * Safe if worker 0 was killed at any time, and while an older worker 0 is still running.
   */
  publishOnce<T extends { readonly version: string }>(
    earlier: () => Promise<T | undefined>,
    publish: () => Promise<T>,
  ): Promise<T> {
    const lock = "publish.lock";
    return withLock(path.join(this.#folder, lock), async () => {
      const published = (await earlier()) ?? (await publish());
      await replaceDurably(path.join(this.#folder, PUBLISHED_FILE), JSON.stringify({ version: published.version }));
      await emptyFolder(this.#folder, [PUBLISHED_FILE, lock]);
      return published;
    });
  }

  /** Stops the heartbeats. */
  leave(): void {
    this.#stopHeartbeats();
  }

  async #assertAlive(step: string, awaited: readonly number[]): Promise<void> {
    const { run, workerTimeoutMs, plan } = this.#options;
    const ages = await Promise.all(awaited.map((worker) => this.#heartbeats.sinceHeartbeat(worker)));
    const lost = awaited.filter((_, i) => (ages[i] ?? 0) > workerTimeoutMs);
    if (lost.length === 0) return;
    const who = lost.length === 1 ? `worker ${lost[0]} has` : `workers ${lost.join(", ")} have`;
    throw new UserError(
      `run ${run}: ${who} sent no heartbeat for ${Math.round(workerTimeoutMs / 1000)} s (${plan.workers} workers, step ${step}); find out why the pod does not run, or finish the run with merge --run ${run} --model ${plan.model}`,
    );
  }
}
