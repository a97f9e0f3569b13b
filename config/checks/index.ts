import { kubernetesName } from "../../components/kubernetes/names.ts";
import type { StackConfig } from "../schema/stack.ts";
import { checkApiGateway } from "./api-gateway.ts";
import { checkAutoscaling } from "./autoscaling.ts";
import { checkFit } from "./fit.ts";
import { checkModel } from "./models.ts";
import { checkNames } from "./names.ts";
import { checkNetworkPolicies } from "./network.ts";
import { checkPlaces } from "./places.ts";
import { type ConfigProblem, duplicates } from "./problem.ts";
import { checkReferences } from "./references.ts";

/** What no single setting shows: names that refer to nothing, names given twice, and a stack that does not fit its quota. */
export function crossCheck(config: StackConfig): ConfigProblem[] {
  return [
    ...duplicates(
      config.models,
      ({ model, name }) => name ?? kubernetesName(model),
      (index) => `models[${index}].${config.models[index]?.name === undefined ? "model" : "name"}`,
    ),
    ...config.models.flatMap((model, index) => checkModel(config, model, `models[${index}]`)),
    ...checkPlaces(config),
    ...checkApiGateway(config),
    ...checkNetworkPolicies(config),
    ...checkReferences(config),
    ...checkNames(config),
    ...checkAutoscaling(config),
    ...checkFit(config),
  ];
}
