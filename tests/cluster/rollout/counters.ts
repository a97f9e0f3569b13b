import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { Kubectl } from "../../../cluster/kubectl.ts";
import type { ResolvedStack } from "../../../config/index.ts";
import type { VersionCounts } from "../../../rollout/decide/read.ts";
import { MODEL, SCRAPE_SECONDS } from "../../../rollout/demo/stack.ts";
import { type Evidence, NOWHERE, type Position, prometheusEvidence } from "../../../rollout/evidence/evidence.ts";
import { modelOf } from "../../../rollout/live/actor.ts";
import { versionQueries } from "../../../rollout/live/evidence.ts";
import { stackPrometheus } from "../../../rollout/live/prometheus.ts";
import { readStackFiles } from "../../../rollout/live/stack-file.ts";
import { liveVersions } from "../../../rollout/live/versions.ts";
import { eventually } from "../support/wait.ts";

/** Milliseconds after which Prometheus has scraped everything that was before. */
const SETTLED = 6 * SCRAPE_SECONDS * 1000;

type Counts = Readonly<Record<string, VersionCounts>>;

/** What the versions of a stack's model did between two times, by their own counters and by the gateway's. */
export class Counters {
  readonly #sources: readonly Evidence[];
  #positions: readonly Position[] = [];

  private constructor(sources: readonly Evidence[]) {
    this.#sources = sources;
  }

  static async open(file: string, kubectl: Kubectl): Promise<Counters> {
    const { resolved } = await readStackFiles([file]);
    const model = modelOf(resolved, MODEL);
    const live = await liveVersions(kubectl, resolved.namespace.name, model);
    const query = stackPrometheus(resolved, kubectl);
    const sources = (["server", "gateway"] as const).map((evidence) => {
      const asked = { ...model, rollout: { ...model.rollout, evidence } } as ResolvedStack["models"][number];
      const queries = Object.keys(live).map((version) => [
        version,
        versionQueries(resolved, asked, version, live[version]),
      ]);
      return prometheusEvidence(Object.fromEntries(queries), query);
    });
    return new Counters(sources);
  }

  /** Remembers where all counters stand, once Prometheus has them. Nothing must be sent meanwhile. */
  async begin(): Promise<void> {
    await sleep(SETTLED);
    this.#positions = await eventually("counters of both versions, by both", async () => {
      const reads = await Promise.all(this.#sources.map((source) => source(Date.now(), NOWHERE)));
      const positions = reads.map(({ position }) => position);
      return positions.every(({ at }) => at !== undefined) ? positions : undefined;
    });
  }

  /**
   * Expects that both have counted what was sent since then. Nothing must be sent meanwhile.
   *
   * @param sent requests of all versions
   * @param rejected those that the canary, version 2, has not answered
   */
  async expectSame(sent: number, rejected: number): Promise<void> {
    await sleep(SETTLED);
    const [own, gateway] = await Promise.all(this.#sources.map((source, index) => this.#increase(source, index)));
    const requests = Object.values(own ?? {}).reduce((sum, each) => sum + each.requests, 0);
    expect(requests).to.equal(sent);
    for (const [version, ours] of Object.entries(own ?? {})) {
      const theirs = gateway?.[version];
      expect(ours.requests, version).to.be.above(0);
      expect(theirs?.requests, version).to.equal(ours.requests);
      expect(theirs?.goals[0], version).to.deep.equal(ours.goals[0]);
      // The gateway's time of a request includes the server's.
      expect(theirs?.goals[1]?.bad, version).to.be.at.least(ours.goals[1]?.bad ?? 0);
    }
    expect(rejected).to.be.above(0);
    expect(own?.["2"]?.goals[0]?.bad).to.equal(rejected);
    console.log(`      (${sent} requests, ${own?.["2"]?.requests} to the canary, ${rejected} rejected)`);
  }

  async #increase(source: Evidence, index: number): Promise<Counts> {
    const { observation } = await source(Date.now(), this.#positions[index] ?? NOWHERE);
    if (observation.counts === undefined) throw new Error(`no counts: ${observation.missing}`);
    return observation.counts;
  }
}
