import { UserError } from "../common/errors.ts";
import type { ResolvedStack } from "../config/index.ts";
import { lowestStep, type Plan } from "./decide/plan.ts";

/** What the stable version does before the rollout. */
export interface History {
  /** Of the model, all versions together. */
  readonly requestsPerSecond: number;
  /** The stable version's counts, one entry a goal; about five minutes of them. */
  readonly counts: Plan["history"];
}

/**
 * The plan of a model's rollout as its stack has it.
 *
 * @param entry name of the model's entry
 * @throws UserError if the model does not exist, has no `rollout`, or has no canary
 */
export function planFromStack({ models }: ResolvedStack, entry: string, history: History): Plan {
  const model = models.find((each) => each.entry === entry || each.model === entry);
  const names = models.map((each) => `"${each.entry}"`).join(", ");
  if (model === undefined) throw new UserError(`the stack has no model "${entry}"`, `take one of ${names}`);
  const { rollout, traffic } = model;
  if (rollout === undefined) {
    throw new UserError(`models: "${entry}" has no rollout`, "add one, {} for all defaults; see docs/guides/canary.md");
  }
  if (traffic?.canary === undefined) {
    throw new UserError(`models: "${entry}" has no canary`, "name the version to roll out as traffic.canary");
  }
  const shares = rollout.steps.map(({ percent }) => percent / 100);
  return {
    stable: traffic.stable,
    canary: traffic.canary,
    steps: rollout.steps.map(({ percent, approval }) => ({ share: percent / 100, approval })),
    lowest: lowestStep(shares, history.requestsPerSecond),
    goals: rollout.goals.map(({ name, margin }) => ({ name, margin })),
    confidence: rollout.confidence,
    minRequests: rollout.minRequests,
    deadlineSeconds: rollout.deadlineSeconds,
    freeze: rollout.freeze,
    history: history.counts,
  };
}
