import type { Environment, Stretch } from "./environment.ts";

/** How a simulated rollout ended. */
export interface Outcome {
  /** Held: neither promoted nor aborted when the simulation ended, or left to a person. */
  readonly end: "promoted" | "aborted" | "held";
  readonly seconds: number;
  /** Requests that the canary answered. */
  readonly exposure: number;
}

/** A way to decide about a canary. It takes its evidence from the environment until it has decided, or `seconds` are over. */
export type Rule = (environment: Environment, seconds: number) => Outcome;

/** What a rule is tried on: two versions under a load, simulated or recorded. */
export interface World {
  /** Time since the start; seconds. */
  readonly seconds: number;
  /** Time goes on by `seconds` with the canary at this share, 0–1. */
  advance(seconds: number, share: number): Stretch;
}
