import type { Plan } from "../decide/plan.ts";
import type { Read } from "../decide/read.ts";
import type { NumberedRecord } from "../records/record.ts";
import type { Counts, Stretch } from "./environment.ts";
import { argo } from "./peers/argo.ts";
import { flagger } from "./peers/flagger.ts";
import { kayenta } from "./peers/kayenta.ts";
import type { Outcome, World } from "./rule.ts";

/** What both versions did in one recorded read. */
interface Stage {
  readonly seconds: number;
  /** Of both versions together. */
  readonly requestsPerSecond: number;
  /** Shares of failed and of slow requests, 0–1. */
  readonly canary: readonly [number, number];
  readonly stable: readonly [number, number];
}

/**
 * The requests of a recorded rollout: their number, and the shares of bad ones in each version, read by read. A rule that gives
 * the canary another share gets as many more or fewer requests with the same shares of bad ones; one that takes longer than the
 * record sees it again from its start.
 */
export class RecordedWorld implements World {
  readonly #stages: readonly Stage[];
  readonly #total: number;
  #seconds = 0;

  /** @param reads of which those are used in which both versions had requests; at least one must be */
  constructor(plan: Plan, reads: readonly Read[]) {
    const places = [
      plan.goals.findIndex(({ name }) => name === "errors"),
      plan.goals.findIndex(({ name }) => name.startsWith("slower than ")),
    ] as const;
    this.#stages = reads.flatMap((read) => stageOf(plan, read, places));
    this.#total = this.#stages.reduce((sum, { seconds }) => sum + seconds, 0);
    if (this.#total <= 0) throw new RangeError("no read has requests of both versions");
  }

  get seconds(): number {
    return this.#seconds;
  }

  advance(seconds: number, share: number): Stretch {
    const canary: Counts = { requests: 0, bad: [0, 0] };
    const stable: Counts = { requests: 0, bad: [0, 0] };
    const end = this.#seconds + seconds;
    while (end - this.#seconds > 1e-9) {
      const { stage, left } = this.#stageAt(this.#seconds % this.#total);
      const time = Math.min(left, end - this.#seconds);
      const requests = stage.requestsPerSecond * time;
      add(canary, requests * share, stage.canary);
      add(stable, requests * (1 - share), stage.stable);
      this.#seconds += time;
    }
    return { canary, stable, reset: false, exposure: canary.requests };
  }

  #stageAt(time: number): { readonly stage: Stage; readonly left: number } {
    let end = 0;
    for (const stage of this.#stages) {
      end += stage.seconds;
      if (end - time > 1e-9) return { stage, left: end - time };
    }
    // Rounding has taken the time past the end, where the record begins again.
    const [stage] = this.#stages;
    if (stage === undefined) throw new Error("a recorded world has at least one stage");
    return { stage, left: stage.seconds };
  }
}

function stageOf(plan: Plan, { counts, seconds }: Read, places: readonly [number, number]): Stage[] {
  const canary = counts?.[plan.canary];
  const stable = counts?.[plan.stable];
  if (canary === undefined || stable === undefined || seconds <= 0) return [];
  if (canary.requests <= 0 || stable.requests <= 0) return [];
  const shares = ({ goals }: typeof canary): [number, number] => [shareOf(goals[places[0]]), shareOf(goals[places[1]])];
  const requestsPerSecond = (canary.requests + stable.requests) / seconds;
  return [{ seconds, requestsPerSecond, canary: shares(canary), stable: shares(stable) }];
}

function shareOf(goal: { readonly bad: number; readonly total: number } | undefined): number {
  return goal === undefined || goal.total <= 0 ? 0 : goal.bad / goal.total;
}

function add(counts: Counts, requests: number, shares: readonly [number, number]): void {
  counts.requests += requests;
  counts.bad[0] += requests * shares[0];
  counts.bad[1] += requests * shares[1];
}

const PEERS = { "Argo Rollouts": argo, Flagger: flagger, Kayenta: kayenta } as const;

/** What a rule would have done with the requests of a rollout. */
export interface PeerOutcome extends Outcome {
  readonly rule: keyof typeof PEERS;
}

/**
 * The other tools' rules, as the simulation has them, on the requests of the last rollout of some records.
 *
 * @returns nothing where no read has requests of both versions
 */
export function peersOn(records: readonly NumberedRecord[]): PeerOutcome[] {
  const start = records.findLastIndex(({ record }) => record.record === "start");
  const first = records[start]?.record;
  if (first?.record !== "start") return [];
  const reads = records.slice(start).flatMap(({ record }) => (record.record === "decision" ? [record.read] : []));
  const { plan } = first;
  const usable = reads.some(({ counts, seconds }) => {
    return seconds > 0 && [plan.canary, plan.stable].every((version) => (counts?.[version]?.requests ?? 0) > 0);
  });
  if (!usable) return [];
  const rules = Object.entries(PEERS) as [PeerOutcome["rule"], (world: World) => Outcome][];
  return rules.map(([rule, run]) => ({ rule, ...run(new RecordedWorld(plan, reads)) }));
}

/** The outcomes in words, a line each. */
export function peerLines(outcomes: readonly PeerOutcome[]): string[] {
  if (outcomes.length === 0) return ["no read has requests of both versions, so other rules cannot be tried on it"];
  return outcomes.map(({ rule, end, seconds, exposure }) => {
    return `${rule}: ${end} after ${(seconds / 60).toFixed(1)} minutes and ${Math.round(exposure)} requests to the canary`;
  });
}
