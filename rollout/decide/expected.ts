import { MIN_BLOCKS, stepThreshold } from "./decide.ts";
import { BLOCK_SECONDS, type Plan } from "./plan.ts";

/** Requests of a block that count at most. */
const MOST_REQUESTS = 100;

/**
 * About how long each step takes a canary that is no worse; seconds. From the growth of the evidence for a Poisson count,
 * K = δ − p·ln(1 + δ/p), of which about 0.8 is reached; twice that where both versions have about as many requests.
 *
 * @param requestsPerSecond of the model, all versions together
 * @param rates of bad requests of the stable version, one a goal
 */
export function expectedSeconds(plan: Plan, requestsPerSecond: number, rates: readonly number[]): number[] {
  return plan.steps.map(({ share }, step) => {
    if (step < plan.lowest) return 0;
    const requests = share * requestsPerSecond * BLOCK_SECONDS;
    const needed = Math.max(Math.log(stepThreshold(plan, step)), Math.log(1.5));
    const blocks = plan.goals.map(({ margin }, goal) => {
      const rate = Math.max(rates[goal] ?? 0, 1e-9);
      const growth = margin - rate * Math.log1p(margin / rate);
      return ((share > 0.4 ? 2 : 1) * needed) / (0.8 * Math.min(requests, MOST_REQUESTS) * growth);
    });
    const evidence = Math.max(MIN_BLOCKS, ...blocks) * BLOCK_SECONDS;
    return Math.max(evidence, plan.minRequests / (share * requestsPerSecond));
  });
}
