/** A block of both versions for one goal, weighted so that bursts inside a version's block count only once. */
export interface WeightedBlock {
  /** The canary's requests. */
  readonly n: number;
  /** The canary's bad requests. */
  readonly x: number;
  /** The stable version's bad requests. */
  readonly y: number;
  /** The canary's requests for each of the stable version's. */
  readonly r: number;
}

/** Counts of one goal in one block. */
export interface GoalBlock {
  readonly canary: { readonly bad: number; readonly total: number };
  readonly stable: { readonly bad: number; readonly total: number };
  /** Pods of the stable version. */
  readonly stablePods: number;
}

/**
 * Weights a block so that each pod counts for at most `groups` requests: requests of one pod in one block fail together (a
 * restart, a slow disk), and more of them are not more evidence. By Jensen's inequality {@link pay} stays an e-value where a
 * version's block consists of that many independent groups, whatever happens inside a group; this covers an intra-class
 * correlation of about 1/groups.
 */
export function weighted({ canary, stable, stablePods }: GoalBlock, groups: number): WeightedBlock {
  const a = Math.min(1, groups / canary.total);
  const b = Math.min(1, (groups * stablePods) / stable.total);
  const n = a * canary.total;
  return { n, x: a * canary.bad, y: b * stable.bad, r: n / (b * stable.total) };
}

/**
 * Logarithm of an e-value for "the canary's rate exceeds the stable version's by less (`bet` > 0), or by more (`bet` < 0), than
 * `margin`": the expectation of exp(pay) is at most 1 there, for every rate of the stable version, also one that changes from
 * block to block. So outages and drift that both versions share cancel out. From E z^Binomial(n, p) ≤ exp(n·p·(z − 1)).
 *
 * @param bet above −1 and below 1/r
 */
export function pay({ n, x, y, r }: WeightedBlock, bet: number, margin: number): number {
  return x * Math.log1p(bet) + y * Math.log1p(-bet * r) - bet * margin * n;
}

/**
 * The bet with the fastest expected growth of {@link pay} if the rates are `canaryRate` and `stableRate`: the root of the
 * derivative, a quadratic equation.
 */
export function bestBet(canaryRate: number, stableRate: number, margin: number, r: number): number {
  const a = -margin * r;
  const b = margin * (1 - r) + canaryRate * r + stableRate;
  const c = margin + stableRate - canaryRate;
  return (-2 * c) / (b + Math.sqrt(b * b - 4 * a * c));
}

const HARM_GROUPS = 50;
const NO_WORSE_GROUPS = 100;

/** The share of the margin above which a canary counts as harmful. */
const HARM_SHARE = 1 / 4;

/** Rates that a bet is made on; from earlier blocks only. */
export interface Rates {
  readonly canary: number;
  readonly stable: number;
}

/** Logarithm of a block's evidence that the canary is worse; at most ln 5, at least ln 0.1. 0 where a version had no request. */
export function harmPayoff(block: GoalBlock, rates: Rates, margin: number): number {
  if (block.canary.total <= 0 || block.stable.total <= 0) return 0;
  const weights = weighted(block, HARM_GROUPS);
  const allowed = margin * HARM_SHARE;
  const excess = clip(rates.canary - rates.stable, margin, 1);
  const bet = clip(bestBet(rates.stable + excess, rates.stable, allowed, weights.r), 0, 0.9 / weights.r);
  return Math.log(Math.min(5, 0.1 + 0.9 * Math.exp(pay(weights, bet, allowed))));
}

/** Logarithm of a block's evidence that the canary is not worse by its margin; at most ln 2, at least ln 0.2. */
export function noWorsePayoff(block: GoalBlock, rates: Rates, margin: number): number {
  if (block.canary.total <= 0 || block.stable.total <= 0) return 0;
  const weights = weighted(block, NO_WORSE_GROUPS);
  const bet = clip(bestBet(rates.stable, rates.stable, margin, weights.r), -0.95, 0);
  return Math.log(Math.min(2, 0.2 + 0.8 * Math.exp(pay(weights, bet, margin))));
}

function clip(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
