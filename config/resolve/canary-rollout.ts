import { defaults } from "../../components/defaults/defaults.ts";
import type { WrittenStack } from "../schema/stack.ts";

type Written = NonNullable<WrittenStack["models"][number]["rollout"]>;
type WrittenGoal = NonNullable<Written["goals"]>[number];

/** A goal of a rollout with its margin decided. */
export type RolloutGoal = WrittenGoal & {
  /** Name in messages and records. */
  readonly name: string;
  /** How much higher the canary's share of bad requests may be; 0–1. */
  readonly margin: number;
};

/** How a canary gets to all of the requests, with every default. */
export interface CanaryRollout {
  readonly steps: readonly { readonly percent: number; readonly approval: boolean }[];
  readonly goals: readonly RolloutGoal[];
  readonly confidence: number;
  readonly minRequests: number;
  /** Of each step. */
  readonly deadlineSeconds: number;
  readonly freeze: readonly Required<NonNullable<Written["freeze"]>[number]>[];
  readonly evidence: "server" | "gateway";
  /** Where news are posted; undefined: nowhere. */
  readonly webhook?: string;
}

export function resolveCanaryRollout(rollout: Written): CanaryRollout {
  const fallback = defaults.canaryRollout;
  const goals: readonly WrittenGoal[] = [{ kind: "errors" }, { kind: "slow", seconds: fallback.slowSeconds }];
  return {
    steps: (rollout.steps ?? fallback.steps).map((step) =>
      typeof step === "number"
        ? { percent: step, approval: false }
        : { percent: step.percent, approval: step.approval ?? false },
    ),
    goals: (rollout.goals ?? goals).map(resolveGoal),
    confidence: rollout.confidence ?? fallback.confidence,
    minRequests: rollout.minRequests ?? fallback.minRequests,
    deadlineSeconds: rollout.deadlineSeconds ?? fallback.deadlineSeconds,
    freeze: (rollout.freeze ?? []).map((window) => ({
      ...window,
      days: window.days ?? [...fallback.freezeDays],
      timeZone: window.timeZone ?? fallback.timeZone,
    })),
    evidence: rollout.evidence ?? fallback.evidence,
    ...(rollout.webhook === undefined ? {} : { webhook: rollout.webhook }),
  };
}

function resolveGoal(goal: WrittenGoal): RolloutGoal {
  if (goal.kind === "promql") return goal;
  const margin = goal.margin ?? defaults.canaryRollout.margins[goal.kind];
  return { ...goal, margin, name: goal.kind === "errors" ? "errors" : `slower than ${goal.seconds} s` };
}
