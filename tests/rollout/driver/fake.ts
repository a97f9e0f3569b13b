import type { Health } from "../../../rollout/decide/read.ts";
import { type Actor, type CommitText, type Look, type News, NotReadyError } from "../../../rollout/driver/actor.ts";
import {
  formatRecord,
  parseRecords,
  type RolloutRecord,
  startRecord,
  timeText,
} from "../../../rollout/records/record.ts";
import type { ModelView, Pods, Settings } from "../../../rollout/settings/settings.ts";
import { countsOf, NOON, planOf, SETTINGS } from "../support.ts";

export const FILE = "Pulumi.test.rollout-iris.jsonl";

/** The process was killed. */
export class Killed extends Error {}

/** A stack file, a cluster, its requests and its people, in memory: what survives a driver. */
export class World {
  records = "";
  file: Settings;
  /** What the engine has deployed. */
  cluster: Settings;
  at = NOON;
  /** Bad requests of 100 of the canary, one number a goal. */
  bad: readonly number[] = [0, 0];
  /** Whether the canary's pods become ready. */
  ready = true;
  restarts = 0;
  traffic = true;
  readonly commits: CommitText[] = [];
  readonly news: News[] = [];
  readonly lines: string[] = [];
  /** All that the cluster has had, in order. */
  readonly deployed: Settings[] = [];
  /** Called before each look. */
  meddle: (looks: number, world: World) => void = () => undefined;
  looks = 0;

  constructor({
    plan = planOf({ steps: [0.1, 0.5].map((share) => ({ share, approval: false })) }),
    settings = SETTINGS,
  } = {}) {
    this.file = settings;
    this.cluster = settings;
    this.append(startRecord("iris", plan, settings, NOON));
  }

  append(record: RolloutRecord): void {
    this.records += formatRecord(record);
  }

  ask(what: "approve" | "abort" | "freeze" | "unfreeze", more: { step?: number; reason?: string } = {}): void {
    this.append({ record: "request", time: timeText(this.at), what, by: "ann", reason: "", ...more });
  }

  kinds(): string[] {
    return parseRecords(this.records, FILE).flatMap(({ record }) => {
      if (record.record !== "decision") return [record.record];
      return record.decision.action === "hold" ? [] : [record.decision.action];
    });
  }

  podsOf(version: string, { capacity }: Settings = this.cluster): Pods {
    const own = capacity[version] ?? {};
    return { replicas: own.replicas ?? 1, ...(own.autoscaling === undefined ? {} : { autoscaling: own.autoscaling }) };
  }

  health(version: string): Health {
    const { replicas, autoscaling } = this.podsOf(version);
    const pods = autoscaling?.minReplicas ?? replicas;
    const broken = version === "2" && !this.ready;
    return {
      pods,
      ready: broken ? 0 : pods,
      restarts: version === "2" ? this.restarts : 0,
      ...(broken ? { trouble: "Pod v2 keeps crashing" } : {}),
    };
  }

  /** Percent of the requests that each version gets. */
  shares(): Record<string, number> {
    const { stable, canary, weight } = this.cluster;
    return { [stable]: 100 - weight, [canary]: weight };
  }
}

/** A driver's view of a world. It is killed before or after the given effect, counted from 1. */
export class FakeActor implements Actor {
  effects = 0;
  readonly #world: World;
  readonly #kill: { readonly effect: number; readonly after: boolean } | undefined;

  constructor(world: World, kill?: { effect: number; after: boolean }) {
    this.#world = world;
    this.#kill = kill;
  }

  now(): number {
    return this.#world.at;
  }

  async wait(seconds: number, signal?: AbortSignal): Promise<void> {
    if (signal === undefined) this.#world.at += seconds * 1000;
    // A deployment takes a turn of the event loop.
    else await new Promise((resolve) => setImmediate(resolve));
  }

  async readRecords(): Promise<string> {
    return this.#world.records;
  }

  append(record: RolloutRecord): Promise<void> {
    return this.#effect(() => this.#world.append(record));
  }

  async view(): Promise<ModelView> {
    const settings = this.#world.file;
    const versions = [settings.stable, settings.canary];
    return {
      settings,
      pods: Object.fromEntries(versions.map((version) => [version, this.#world.podsOf(version, settings)])),
    };
  }

  configure(settings: Settings): Promise<void> {
    return this.#effect(() => {
      this.#world.file = settings;
    });
  }

  async deploy(awaited: readonly string[], stop: AbortSignal): Promise<void> {
    const world = this.#world;
    await this.#effect(() => {
      world.cluster = world.file;
      world.deployed.push(world.file);
    });
    if (stop.aborted) throw new Error("stopped before it began");
    const unready = awaited.find((version) => world.health(version).ready === 0);
    if (unready !== undefined) throw new NotReadyError(`version ${unready} has 0 pods ready`, "see status");
  }

  async look(since: number | undefined): Promise<Look> {
    const world = this.#world;
    world.looks += 1;
    world.meddle(world.looks, world);
    const shares = world.shares();
    const seconds = since === undefined ? 0 : (world.at - since) / 1000;
    const look = { at: world.at, seconds, weights: shares, health: { "1": world.health("1"), "2": world.health("2") } };
    if (!world.traffic) return { ...look, missing: "Prometheus has no new sample of version 2" };
    const requests = (version: string) => 300 * seconds * ((shares[version] ?? 0) / 100);
    const canary = requests("2");
    const counts = {
      "1": countsOf([requests("1"), 0, 0], { pods: 3 }),
      "2": countsOf([canary, ...world.bad.map((share) => Math.round((share * canary) / 100))], { pods: 1 }),
    };
    return { ...look, counts };
  }

  async readyPods(version: string): Promise<number> {
    return this.#world.health(version).ready;
  }

  async commit(text: CommitText): Promise<void> {
    await this.#effect(() => this.#world.commits.push(text));
  }

  async notify(news: News): Promise<void> {
    await this.#effect(() => this.#world.news.push(news));
  }

  report(line: string): void {
    this.#world.lines.push(line);
  }

  async #effect(action: () => unknown): Promise<void> {
    this.effects += 1;
    const dies = this.#kill?.effect === this.effects;
    if (dies && this.#kill?.after === false) throw new Killed();
    action();
    if (dies) throw new Killed();
  }
}
