import type { Environment } from "./environment.ts";

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
