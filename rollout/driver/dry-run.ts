import type { RolloutRecord } from "../records/record.ts";
import { formatRecord } from "../records/record.ts";
import type { ModelView, Settings } from "../settings/settings.ts";
import type { Actor, Look } from "./actor.ts";

/** An actor that reads, and only says what it would change. Its records and settings are in memory. */
export class DryRun implements Actor {
  readonly #actor: Actor;
  #added = "";
  #view: ModelView | undefined;

  constructor(actor: Actor) {
    this.#actor = actor;
  }

  now(): number {
    return this.#actor.now();
  }

  async wait(seconds: number, signal?: AbortSignal): Promise<void> {
    // A dry run deploys nothing that it would have to watch.
    if (signal === undefined) await this.#actor.wait(seconds);
  }

  async readRecords(): Promise<string> {
    return (await this.#actor.readRecords()) + this.#added;
  }

  async append(record: RolloutRecord): Promise<void> {
    this.#added += formatRecord(record);
  }

  async view(): Promise<ModelView> {
    return this.#view ?? (await this.#actor.view());
  }

  async configure(settings: Settings): Promise<void> {
    this.#view = { ...(await this.view()), settings };
    const pods = Object.entries(settings.capacity).map(
      ([version, each]) => `version ${version} ${JSON.stringify(each)}`,
    );
    this.report(
      `would write: stable ${settings.stable}, canary ${settings.canary} with ${settings.weight} %; ${pods.join(", ")}`,
    );
  }

  async deploy(): Promise<void> {
    this.report("would run the engine on it");
  }

  look(since: number | undefined): Promise<Look> {
    return this.#actor.look(since);
  }

  readyPods(version: string): Promise<number> {
    return this.#actor.readyPods(version);
  }

  async commit(): Promise<void> {}

  async notify(): Promise<void> {}

  report(line: string): void {
    this.#actor.report(line);
  }
}
