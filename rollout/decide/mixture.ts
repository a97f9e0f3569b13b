/** Blocks, after the first, at which the mixture starts a bet of its own. */
const RESTARTS = 500;

/**
 * A mixture of e-processes, one that starts at the first block and one at each of the next 500: a fault that begins late is found
 * about as fast as one that was there from the start.
 *
 * @param logarithm of the mixture before the block; −Infinity before the first
 * @param payoff logarithm of the block's e-value
 * @param block number of the block, from 1
 * @returns the logarithm of the mixture after the block
 */
export function extendMixture(logarithm: number, payoff: number, block: number): number {
  return payoff + logAdd(logarithm, startWeight(block));
}

function startWeight(block: number): number {
  if (block === 1) return Math.log(0.5);
  return block <= RESTARTS + 1 ? Math.log(0.5 / RESTARTS) : Number.NEGATIVE_INFINITY;
}

function logAdd(a: number, b: number): number {
  const high = Math.max(a, b);
  return high === Number.NEGATIVE_INFINITY ? high : high + Math.log1p(Math.exp(Math.min(a, b) - high));
}

/** Mean of numbers whose logarithms are given. */
export function meanOfLogarithms(logarithms: readonly number[]): number {
  return logarithms.reduce((sum, each) => sum + Math.exp(each), 0) / logarithms.length;
}
