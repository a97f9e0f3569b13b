import type { ResolvedStack } from "../config/index.ts";
import { stepThreshold } from "./decide/decide.ts";
import { expectedSeconds } from "./decide/expected.ts";
import { freezeText } from "./decide/freeze.ts";
import { errorRates } from "./decide/plan.ts";
import { percent } from "./decide/reasons.ts";
import { planFromStack } from "./stack-plan.ts";

/** The traffic that a plan is estimated for. */
export interface ExpectedTraffic {
  readonly requestsPerSecond: number;
  /** Share of the stable version's requests that are bad, of every goal; 0–1. */
  readonly errorRate: number;
}

/** A model's rollout in words, a line each. */
export function planLines(stack: ResolvedStack, entry: string, traffic: ExpectedTraffic): string[] {
  const { requestsPerSecond, errorRate } = traffic;
  const plan = planFromStack(stack, entry, { requestsPerSecond, counts: [] });
  const rates = errorRates(plan.confidence);
  const seconds = expectedSeconds(
    plan,
    requestsPerSecond,
    plan.goals.map(() => errorRate),
  );
  const total = seconds.reduce((sum, each) => sum + each, 0);
  return [
    `${entry}: version ${plan.stable} → ${plan.canary}`,
    ...plan.goals.map(({ name, margin }) => `goal: ${name}, worse by at most ${percent(margin)}`),
    ...plan.steps.map(({ share, approval }, step) => {
      if (step < plan.lowest) return `step ${percent(share)}: skipped, less than a request in 30 s`;
      const needs = `evidence ${Number(stepThreshold(plan, step).toPrecision(3))}`;
      return `step ${percent(share)}: ${needs}${approval ? ", approval" : ""}, about ${minutes(seconds[step] ?? 0)}`;
    }),
    ...plan.freeze.map((window) => `frozen: ${freezeText(window)}`),
    `wrong decisions: promotes a worse version in at most ${percent(rates.promote)}, aborts one that is no worse in at most ${percent(rates.abort)}`,
    `about ${minutes(total)} if version ${plan.canary} is no worse, at ${requestsPerSecond} requests a second`,
  ];
}

function minutes(seconds: number): string {
  return seconds >= 7200 ? `${Number((seconds / 3600).toPrecision(2))} hours` : `${Math.ceil(seconds / 60)} minutes`;
}
