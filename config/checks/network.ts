import { entryOf } from "../resolve/models.ts";
import type { ResolvedStack } from "../resolve/stack.ts";
import { type ConfigProblem, listed } from "./problem.ts";

/** The models that the network policies name exist. */
export function checkNetworkPolicies({ networkPolicies, models }: ResolvedStack): ConfigProblem[] {
  const known = models.map(({ entry }) => entry);
  return Object.keys(networkPolicies.servingNames)
    .filter((model) => !known.includes(entryOf(model)))
    .map((model) => ({
      path: `networkPolicies.servingNames.${model}`,
      message: `there is no model "${model}"${listed(known)}`,
    }));
}
