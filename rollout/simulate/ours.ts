import { decide } from "../decide/decide.ts";
import { lowestStep, type Plan } from "../decide/plan.ts";
import type { Read, VersionCounts } from "../decide/read.ts";
import { initialState } from "../decide/state.ts";
import { type Counts, type Environment, mergeStretches, type Stretch } from "./environment.ts";
import type { Outcome } from "./rule.ts";
import { MARGINS } from "./scenario.ts";

/** Time between two reads; seconds. */
const READ_SECONDS = 15;

const HISTORY_SECONDS = 300;
const SHARES = [0.01, 0.05, 0.1, 0.25, 0.5];

/**
 * The product's own rule: the default steps, and a read every 15 s.
 *
 * @param missed share of the scrapes that fail
 */
export function ours(environment: Environment, seconds: number, missed = 0): Outcome {
  const plan = planFrom(environment.history(HISTORY_SECONDS));
  let state = initialState(plan);
  let exposure = 0;
  let open: Stretch | undefined;
  let covered = 0;
  while (environment.seconds < seconds && state.ended === undefined) {
    const share = SHARES[state.step] ?? 0;
    const stretch = environment.advance(READ_SECONDS, share);
    exposure += stretch.exposure;
    covered += READ_SECONDS;
    open = open === undefined ? stretch : mergeStretches(open, stretch);
    // A missed scrape loses nothing: the next one covers its time.
    if (environment.draws.uniform() < missed) continue;
    state = decide(plan, state, readOf(open, share, covered, environment)).state;
    open = undefined;
    covered = 0;
  }
  return {
    end: state.ended === undefined ? "held" : state.ended === "promote" ? "promoted" : "aborted",
    seconds: environment.seconds,
    exposure,
  };
}

function planFrom({ requests, bad }: Counts): Plan {
  return {
    stable: "1",
    canary: "2",
    steps: SHARES.map((share) => ({ share, approval: false })),
    lowest: lowestStep(SHARES, requests / HISTORY_SECONDS),
    goals: MARGINS.map((margin, index) => ({ name: index === 0 ? "errors" : "slow", margin })),
    confidence: 0.95,
    minRequests: 0,
    deadlineSeconds: Number.POSITIVE_INFINITY,
    freeze: [],
    history: bad.map((each) => ({ bad: each, total: requests })),
  };
}

function readOf({ canary, stable, reset }: Stretch, share: number, seconds: number, now: Environment): Read {
  return {
    at: now.seconds * 1000,
    seconds,
    weights: { "1": 1 - share, "2": share },
    counts: { "1": countsOf(stable, now.pods.stable, false), "2": countsOf(canary, now.pods.canary, reset) },
  };
}

function countsOf({ requests, bad }: Counts, pods: number, reset: boolean): VersionCounts {
  return { requests, goals: bad.map((each) => ({ bad: each, total: requests })), pods, reset };
}
