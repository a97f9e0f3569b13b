import { Environment } from "./environment.ts";
import { ours } from "./ours.ts";
import { argo } from "./peers/argo.ts";
import { flagger } from "./peers/flagger.ts";
import { kayenta } from "./peers/kayenta.ts";
import type { Outcome, Rule } from "./rule.ts";
import type { Scenario } from "./scenario.ts";

/** The rules that are compared. */
export const RULES = ["ours", "argo", "flagger", "kayenta"] as const;

export type RuleName = (typeof RULES)[number];

/** What a rule did in all runs of a scenario. */
export interface Cell {
  readonly scenario: string;
  readonly rule: RuleName;
  readonly runs: number;
  /** Shares of the runs, 0–1; the others were held. */
  readonly promoted: number;
  readonly aborted: number;
  /** Medians over the promoted, or the aborted, runs; undefined where there was none. */
  readonly minutesToPromote?: number;
  readonly minutesToAbort?: number;
  /** Median of the requests that the canary answered. */
  readonly exposure: number;
  /** Median of those of the aborted runs. */
  readonly exposureToAbort?: number;
}

/**
 * Runs a scenario with one rule.
 *
 * @param seed of the first run; the same seed and runs give the same cell on every machine
 */
export function simulate(scenario: Scenario, rule: RuleName, runs: number, seed = 1): Cell {
  const rules: Readonly<Record<RuleName, Rule>> = {
    ours: (environment, seconds) => ours(environment, seconds, scenario.missed),
    argo,
    flagger,
    kayenta,
  };
  const outcomes: Outcome[] = [];
  for (let run = 0; run < runs; run++) {
    outcomes.push(rules[rule](new Environment(scenario, seed + run), (scenario.hours ?? 6) * 3600));
  }
  const ended = (end: Outcome["end"]) => outcomes.filter((outcome) => outcome.end === end);
  const [promoted, aborted] = [ended("promoted"), ended("aborted")];
  const minutes = (some: readonly Outcome[]) => median(some.map(({ seconds }) => seconds / 60));
  return {
    scenario: scenario.name,
    rule,
    runs,
    promoted: promoted.length / runs,
    aborted: aborted.length / runs,
    minutesToPromote: minutes(promoted),
    minutesToAbort: minutes(aborted),
    exposure: median(outcomes.map(({ exposure }) => exposure)) ?? 0,
    exposureToAbort: median(aborted.map(({ exposure }) => exposure)),
  };
}

/**
 * Runs scenarios, each with every rule.
 *
 * @param seed of the first run of each
 * @param log is told which scenario begins
 */
export function simulateAll(
  scenarios: readonly Scenario[],
  runs: number,
  { seed, log = () => undefined }: { readonly seed?: number; readonly log?: (line: string) => void } = {},
): Cell[] {
  return scenarios.flatMap((scenario) => {
    log(scenario.name);
    return RULES.map((rule) => simulate(scenario, rule, runs, seed));
  });
}

function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
