import type { Plan } from "./plan.ts";
import type { PastCounts } from "./rates.ts";
import type { GoalCounts } from "./read.ts";
import { NO_SPLIT_EVIDENCE } from "./split.ts";

/** Counts of one version in a block. */
export interface OpenCounts {
  readonly requests: number;
  readonly goals: readonly GoalCounts[];
  readonly pods: number;
  readonly reset: boolean;
}

/** Reads that are not yet a block. */
export interface OpenBlock {
  readonly seconds: number;
  readonly canary: OpenCounts;
  readonly stable: OpenCounts;
}

/** What is known about one goal. */
export interface GoalState {
  readonly past: PastCounts;
  /** Logarithm of the evidence that the canary is worse; −Infinity before the first block. */
  readonly harm: number;
  /** Logarithms of the evidence that it is not worse by the margin, one a step. */
  readonly noWorse: readonly number[];
}

/** The time since the rollout came to its step. */
export interface Visit {
  readonly seconds: number;
  readonly blocks: number;
  /** The canary's requests. */
  readonly requests: number;
}

/** What is known about the pods. */
export interface HealthState {
  /** Time of the last read with the pods' state; milliseconds since 1970. Absent before the first. */
  readonly at?: number;
  /** Whether the canary had no ready pod in it, and the stable version had one. */
  readonly unready: boolean;
  /** How long that has been so. */
  readonly unreadySeconds: number;
  /** Restarts in that read. */
  readonly restarts?: { readonly canary: number; readonly stable: number };
  /** Logarithm of the evidence that the canary's pods crash more often. */
  readonly crashes: number;
  readonly canaryCrashes: number;
  readonly stableCrashes: number;
}

const NO_HEALTH: HealthState = {
  unready: false,
  unreadySeconds: 0,
  crashes: 0,
  canaryCrashes: 0,
  stableCrashes: 0,
};

/** Everything that decisions need to know about earlier reads. */
export interface State {
  /** Index of the step. */
  readonly step: number;
  /** The canary's share in the last read; undefined before the first. */
  readonly share: number | undefined;
  readonly visit: Visit;
  readonly block: OpenBlock | undefined;
  /** Blocks so far. */
  readonly blocks: number;
  readonly goals: readonly GoalState[];
  readonly split: readonly number[];
  readonly health: HealthState;
  readonly backOffs: number;
  /** The canary's requests so far, over all steps. */
  readonly exposure: number;
  /** Set by the last decision of a rollout, which later reads do not change. */
  readonly ended: "promote" | "abort" | undefined;
}

export const NEW_VISIT: Visit = { seconds: 0, blocks: 0, requests: 0 };

/** The state before the first read. */
export function initialState(plan: Plan): State {
  return {
    step: plan.lowest,
    share: undefined,
    visit: NEW_VISIT,
    block: undefined,
    blocks: 0,
    goals: plan.goals.map((_, index) => ({
      past: { canary: { bad: 0, total: 0 }, stable: plan.history[index] ?? { bad: 0, total: 0 } },
      harm: Number.NEGATIVE_INFINITY,
      noWorse: plan.steps.map(() => 0),
    })),
    split: NO_SPLIT_EVIDENCE,
    health: NO_HEALTH,
    backOffs: 0,
    exposure: 0,
    ended: undefined,
  };
}
