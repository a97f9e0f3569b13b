import type { Plan } from "../../rollout/decide/plan.ts";
import type { Read, VersionCounts } from "../../rollout/decide/read.ts";
import type { Settings } from "../../rollout/settings/settings.ts";

/** Midday of a Wednesday, UTC. */
export const NOON = Date.UTC(2026, 0, 14, 12);

/** What a stack file has before a rollout. */
export const SETTINGS: Settings = {
  stable: "1",
  canary: "2",
  weight: 0,
  capacity: { "1": { replicas: 3 }, "2": {} },
};

/** A plan from version 1 to version 2 with two goals, as a stack file without further settings has it. */
export function planOf(changes: Partial<Plan> = {}): Plan {
  return {
    stable: "1",
    canary: "2",
    steps: [0.01, 0.05, 0.1, 0.25, 0.5].map((share) => ({ share, approval: false })),
    lowest: 0,
    goals: [
      { name: "errors", margin: 0.005 },
      { name: "slow", margin: 0.01 },
    ],
    confidence: 0.95,
    minRequests: 0,
    deadlineSeconds: 1e9,
    freeze: [],
    history: [
      { bad: 90, total: 90_000 },
      { bad: 900, total: 90_000 },
    ],
    ...changes,
  };
}

/** Counts of a version from its requests and its bad requests, one number a goal. */
export function countsOf([requests, ...bad]: readonly number[], more: Partial<VersionCounts> = {}): VersionCounts {
  const total = requests ?? 0;
  return { requests: total, goals: bad.map((each) => ({ bad: each, total })), ...more };
}

/** A read of 15 s, each version's counts as [requests, errors, slow]. */
export function readOf(
  share: number,
  canary: readonly number[],
  stable: readonly number[],
  changes: Partial<Read> = {},
): Read {
  return {
    at: NOON,
    seconds: 15,
    weights: { "1": 1 - share, "2": share },
    counts: { "1": countsOf(stable, { pods: 3 }), "2": countsOf(canary, { pods: 1 }) },
    ...changes,
  };
}
