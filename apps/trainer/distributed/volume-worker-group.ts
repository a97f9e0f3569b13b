import { rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describeFault, makeDirectory, replaceDurably, withLock } from "../../registry/index.ts";
import { UserError } from "../errors.ts";
import type { Crew } from "../learn/workers/worker-group.ts";
import type { TrainingLog } from "../log.ts";
import { keepAlive, SignsOfLife } from "./heartbeat.ts";
import { assertSamePlan, type Plan, RunId, readPlans } from "./plan.ts";
import { getFile, listFiles, putFile } from "./run-files.ts";
import { emptyFolder, PUBLISHED_FILE, runFolder, sweepRuns, workerFile } from "./run-folder.ts";

/** Between two looks into the folder. The first are close together: a step of a linear model takes milliseconds. */
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
  /** Milliseconds a worker that is waited for may give no sign of life. */
  readonly patienceMs: number;
  /** Compute the shares of other workers where they are missing, instead of waiting for them. */
  readonly takesOver: boolean;
  readonly log: TrainingLog;
}

/** Thrown into a worker that still waits while the run is over: another process has published the version. */
export class RunIsOver extends Error {}

/**
 * Workers that meet in a folder of the models volume and need nothing else. Worker 0 merges; a step that is merged is
 * never computed again, so a worker that was killed catches up by reading, and the result is the same.
 */
export class VolumeCrew implements Crew {
  readonly size: number;
  readonly #options: RunOptions;
  readonly #folder: string;
  readonly #signs: SignsOfLife;
  readonly #stop: () => void;

  /** Joins a run: leaves the plan, compares it with the others', and cleans up after runs that are over. */
  static async join(options: RunOptions): Promise<VolumeCrew> {
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
    return new VolumeCrew(options, folder);
  }

  private constructor(options: RunOptions, folder: string) {
    this.size = options.plan.workers;
    this.#options = options;
    this.#folder = folder;
    this.#signs = new SignsOfLife(folder);
    this.#stop = keepAlive(folder, options.worker);
  }

  async combine(
    step: string,
    share: (worker: number) => Uint8Array | Promise<Uint8Array>,
    merge: (shares: readonly Uint8Array[]) => Uint8Array,
  ): Promise<Uint8Array> {
    const { worker, takesOver } = this.#options;
    const merged = `${step}.merged`;
    const shares = Array.from({ length: this.size }, (_, i) => `${step}.${i}`);
    const own = shares[worker] ?? "";
    let checked = false;
    let pause = FIRST_PAUSE_MS;
    for (;;) {
      const names = await listFiles(this.#folder);
      if (names.has(PUBLISHED_FILE)) throw new RunIsOver();
      const result = names.has(merged) ? await getFile(this.#folder, merged) : undefined;
      if (result) return result;
      // Its own share may be there from before this worker was killed; a torn one is made again.
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
      if (worker === LEADER && takesOver && next !== undefined) {
        await putFile(this.#folder, `${step}.${next}`, await share(next));
        continue;
      }
      await this.#assertAlive(step, worker === LEADER ? missing : [LEADER]);
      await sleep(pause);
      pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS);
    }
  }

  /**
   * Publishes by `publish` what no process of this run has published yet, and leaves the version for the workers that
   * still wait. Safe when worker 0 was killed at any moment, and while an older worker 0 still runs.
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

  /** Stops giving signs of life. */
  leave(): void {
    this.#stop();
  }

  async #assertAlive(step: string, awaited: readonly number[]): Promise<void> {
    const { run, patienceMs, plan } = this.#options;
    const silences = await Promise.all(awaited.map((worker) => this.#signs.silence(worker)));
    const lost = awaited.filter((_, i) => (silences[i] ?? 0) > patienceMs);
    if (lost.length === 0) return;
    const who = lost.length === 1 ? `worker ${lost[0]} has` : `workers ${lost.join(", ")} have`;
    throw new UserError(
      `run ${run}: ${who} given no sign for ${Math.round(patienceMs / 1000)} s (of ${plan.workers}, at step ${step}); see why the pod does not run, or finish the run with merge --run ${run} --model ${plan.model}`,
    );
  }
}
