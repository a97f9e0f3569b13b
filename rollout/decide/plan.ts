import type { FreezeWindow } from "./freeze.ts";

/** A share of requests that must not rise, and by how much it may. */
export interface Goal {
  readonly name: string;
  /** How much higher the canary's share of bad requests may be than the stable version's; 0–1, above 0. */
  readonly margin: number;
}

/** A share of the traffic at which the canary is compared with the stable version. */
export interface Step {
  /** The canary's share; above 0, below 1. */
  readonly share: number;
  /** Whether a person must approve before the rollout leaves the step upwards. */
  readonly approval: boolean;
}

/** All that a decision depends on besides the evidence. */
export interface Plan {
  readonly stable: string;
  readonly canary: string;
  /** Rising shares. */
  readonly steps: readonly Step[];
  /** Index of the step to start at and to back off to; see {@link lowestStep}. */
  readonly lowest: number;
  readonly goals: readonly Goal[];
  /** 1 − the chance that a worse version is promoted; 0.5–1. */
  readonly confidence: number;
  /** Canary requests that a visit to a step needs at least, besides the evidence. */
  readonly minRequests: number;
  /** Longest visit to a step, after which the rollout holds; seconds. */
  readonly deadlineSeconds: number;
  readonly freeze: readonly FreezeWindow[];
  /** What the stable version did before the rollout, one entry a goal; about five minutes of it. */
  readonly history: readonly { readonly bad: number; readonly total: number }[];
}

/** Blocks are at least this long; seconds. */
export const BLOCK_SECONDS = 30;

/** Chances of each wrong decision. */
export interface ErrorRates {
  /** That a canary that is worse by its margin is ever promoted. */
  readonly promote: number;
  /** That a canary that is no worse is ever aborted. */
  readonly abort: number;
  /** That a rollout is ever held for a wrong split of the traffic although the split is right. */
  readonly split: number;
}

/** Confidence 0.95 gives 0.05, 0.01 and 0.001. */
export function errorRates(confidence: number): ErrorRates {
  const promote = 1 - confidence;
  return { promote, abort: promote / 5, split: promote / 50 };
}

/**
 * The lowest step at which a block has at least one canary request.
 *
 * @param shares rising shares of the steps
 * @param requestsPerSecond of the model, all versions together
 */
export function lowestStep(shares: readonly number[], requestsPerSecond: number): number {
  const index = shares.findIndex((share) => share * requestsPerSecond * BLOCK_SECONDS >= 1);
  return index === -1 ? shares.length - 1 : index;
}
