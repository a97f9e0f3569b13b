import { extendMixture } from "./mixture.ts";
import { harmPayoff, noWorsePayoff } from "./payoff.ts";
import { BLOCK_SECONDS, type Plan } from "./plan.ts";
import { addBlock, pastRates } from "./rates.ts";
import type { GoalCounts, VersionCounts } from "./read.ts";
import { extendSplit } from "./split.ts";
import type { GoalState, OpenBlock, OpenCounts, State } from "./state.ts";

/** The open block with one more read. */
export function addRead(
  open: OpenBlock | undefined,
  seconds: number,
  canary: VersionCounts,
  stable: VersionCounts,
): OpenBlock {
  return {
    seconds: (open?.seconds ?? 0) + seconds,
    canary: addCounts(open?.canary, canary),
    stable: addCounts(open?.stable, stable),
  };
}

function addCounts(
  open: OpenCounts | undefined,
  { requests, goals, pods = 1, reset = false }: VersionCounts,
): OpenCounts {
  if (open === undefined) return { requests, goals, pods, reset };
  return {
    requests: open.requests + requests,
    goals: goals.map(({ bad, total }, index) => {
      const before = open.goals[index] ?? { bad: 0, total: 0 };
      return { bad: before.bad + bad, total: before.total + total };
    }),
    pods: Math.max(open.pods, pods),
    reset: open.reset || reset,
  };
}

/** Whether a block says enough to be closed. A tripped one is closed at once, if both versions had a request. */
export function isComplete({ seconds, canary, stable }: OpenBlock, tripped: boolean): boolean {
  return (tripped || seconds >= BLOCK_SECONDS) && canary.requests >= 1 && stable.requests >= 1;
}

/** The state after a block, its step and visit unchanged. */
export function closeBlock(plan: Plan, state: State, block: OpenBlock, share: number): State {
  const number = state.blocks + 1;
  return {
    ...state,
    block: undefined,
    blocks: number,
    visit: { ...state.visit, blocks: state.visit.blocks + 1 },
    goals: state.goals.map((goal, index) =>
      updateGoal(goal, block, { index, margin: plan.goals[index]?.margin ?? Number.NaN, step: state.step, number }),
    ),
    split: extendSplit(state.split, {
      canary: block.canary.requests,
      stable: block.stable.requests,
      share,
      block: number,
    }),
  };
}

function updateGoal(
  goal: GoalState,
  { canary, stable }: OpenBlock,
  at: { index: number; margin: number; step: number; number: number },
): GoalState {
  const counts = {
    canary: canary.goals[at.index] ?? NOTHING,
    stable: stable.goals[at.index] ?? NOTHING,
    stablePods: stable.pods,
  };
  const rates = pastRates(goal.past, at.margin);
  // A counter that starts again hides failures. Such a block can speak against the version that lost them, but not for it.
  const harm = heldDown(harmPayoff(counts, rates, at.margin), stable.reset);
  const noWorse = heldDown(noWorsePayoff(counts, rates, at.margin), canary.reset);
  return {
    past: addBlock(goal.past, counts.canary, counts.stable),
    harm: extendMixture(goal.harm, harm, at.number),
    noWorse: goal.noWorse.map((before, step) => (step === at.step ? before + noWorse : before)),
  };
}

const NOTHING: GoalCounts = { bad: 0, total: 0 };

function heldDown(payoff: number, reset: boolean): number {
  return reset ? Math.min(0, payoff) : payoff;
}

/** Bad requests of one read that are too many to wait for the block's end: at least five above the expected, and 20 margins. */
export function isTripped(plan: Plan, canary: VersionCounts, stable: VersionCounts): boolean {
  return plan.goals.some(({ margin }, index) => {
    const ours = canary.goals[index] ?? NOTHING;
    const theirs = stable.goals[index] ?? NOTHING;
    if (ours.total <= 0 || theirs.total <= 0) return false;
    const excess = ours.bad - (ours.total * theirs.bad) / theirs.total;
    return excess >= TRIP_REQUESTS && excess >= TRIP_MARGINS * margin * ours.total;
  });
}

const TRIP_REQUESTS = 5;
const TRIP_MARGINS = 20;
