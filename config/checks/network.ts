import { kubernetesName } from "../../components/kubernetes/names.ts";
import type { StackConfig } from "../schema/stack.ts";
import { entryName } from "./entries.ts";
import { type ConfigProblem, listed } from "./problem.ts";

/** Network policies: the models that they name are there. */
export function checkNetworkPolicies({ networkPolicies, models }: StackConfig): ConfigProblem[] {
  const known = models.map(entryName);
  return Object.keys(networkPolicies.servingNames ?? {})
    .filter((model) => !known.includes(kubernetesName(model)))
    .map((model) => ({
      path: `networkPolicies.servingNames.${model}`,
      message: `there is no model "${model}"${listed(known)}`,
    }));
}
