import type { Rates } from "./payoff.ts";
import type { GoalCounts } from "./read.ts";

/** Decayed sums of past blocks, from which the next block's bet is made. */
export interface PastCounts {
  readonly canary: GoalCounts;
  readonly stable: GoalCounts;
}

/** Both rates as the past suggests them; the canary's is drawn to the stable version's as if by 50 requests. */
export function pastRates({ canary, stable }: PastCounts, margin: number): Rates {
  const stableRate = (stable.bad + 0.5) / (stable.total + 1 / margin);
  return { stable: stableRate, canary: (canary.bad + 50 * stableRate) / (canary.total + 50) };
}

/** Adds a block, and lets what is older count less. */
export function addBlock(past: PastCounts, canary: GoalCounts, stable: GoalCounts): PastCounts {
  return {
    canary: decayed(past.canary, canary, Math.max(0.9, 1 - canary.total / 1e3)),
    stable: decayed(past.stable, stable, Math.max(0.7, 1 - stable.total / 1e4)),
  };
}

function decayed(past: GoalCounts, block: GoalCounts, factor: number): GoalCounts {
  return { bad: past.bad * factor + block.bad, total: past.total * factor + block.total };
}
