import { extendMixture } from "./mixture.ts";

/** How far the canary's share may be off, as a factor in either direction. */
const TOLERANCE = 1.1;

/** Factors beyond the tolerance that are tested for, in both directions. */
const FACTORS = [1.25, 1.6, 2.5, 6];

/** Requests of a block that count at most. */
const MOST_REQUESTS = 1000;

/** The mixtures before the first block. */
export const NO_SPLIT_EVIDENCE: readonly number[] = FACTORS.flatMap(() => [
  Number.NEGATIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
]);

/**
 * Evidence that the canary's share of the requests is not its share of the weights (a sample ratio mismatch): then something else
 * than the weight picks the requests, and the versions cannot be compared.
 *
 * @param before logarithms of the mixtures, one for each factor and direction
 * @param block number of the block, from 1
 */
export function extendSplit(
  before: readonly number[],
  { canary, stable, share, block }: { canary: number; stable: number; share: number; block: number },
): number[] {
  const scale = Math.min(1, MOST_REQUESTS / (canary + stable));
  const payoff = (tested: number, expected: number) =>
    Math.min(
      Math.log(5),
      scale * (canary * Math.log(tested / expected) + stable * Math.log((1 - tested) / (1 - expected))),
    );
  const high = share * TOLERANCE;
  const low = share / TOLERANCE;
  return FACTORS.flatMap((factor, index) => [
    extendMixture(before[2 * index] ?? Number.NaN, payoff(Math.min(factor * high, (1 + high) / 2), high), block),
    extendMixture(before[2 * index + 1] ?? Number.NaN, payoff(low / factor, low), block),
  ]);
}
