import { SCENARIOS } from "../rollout/simulate/scenarios.ts";
import { type Cell, RULES, simulate } from "../rollout/simulate/simulate.ts";

/**
 * The rule of a rollout beside those of other tools, in every scenario.
 *
 * @param runs of each scenario with each rule
 * @param log is told which scenario begins
 */
export function measureRollout(runs: number, log: (line: string) => void): Cell[] {
  return SCENARIOS.flatMap((scenario) => {
    log(scenario.name);
    return RULES.map((rule) => simulate(scenario, rule, runs));
  });
}
