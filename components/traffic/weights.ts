/** Decimals of a weight, and of the percents that steps of a rollout may have. */
export const WEIGHT_DECIMALS = 4;

const FINEST = 10 ** WEIGHT_DECIMALS;

/** Whether a percent is from 0 to 100 and has no more decimals than a weight can have. */
export function isWeight(percent: number): boolean {
  return percent >= 0 && percent <= 100 && isFineEnough(percent);
}

/** Whether a percent has no more decimals than a weight can have. */
export function isFineEnough(percent: number): boolean {
  return roundedPercent(percent) === percent;
}

/** A percent without the errors of sums, such as 99.9 instead of 99.90000000000001. */
export function roundedPercent(percent: number): number {
  return Math.round(percent * FINEST) / FINEST;
}

/** What other percents leave of all requests; below 0 if they are more than all. */
export function remainingPercent(percents: readonly number[]): number {
  return roundedPercent(100 - percents.reduce((sum, percent) => sum + percent, 0));
}

/**
 * Percents as whole numbers of the same ratio, whose sum is `total`: 100 for whole percents, at most 1,000,000, which is the
 * largest weight of the Gateway API.
 */
export function wholeWeights(percents: readonly number[]): { readonly weights: number[]; readonly total: number } {
  const decimals = Math.max(0, ...percents.map((percent) => (String(percent).split(".")[1] ?? "").length));
  const scale = 10 ** Math.min(decimals, WEIGHT_DECIMALS);
  return { weights: percents.map((percent) => Math.round(percent * scale)), total: 100 * scale };
}
