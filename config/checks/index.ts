import type { ResolvedStack } from "../resolve/stack.ts";
import { checkApiGateway } from "./api-gateway.ts";
import { checkKeda } from "./autoscaling/keda.ts";
import { checkAutoscaling } from "./autoscaling/targets.ts";
import { checkLimitRange } from "./limit-range.ts";
import { checkModel } from "./models.ts";
import { checkNames } from "./names.ts";
import { checkNetworkPolicies } from "./network.ts";
import { checkExtraObjects } from "./objects/extra-objects.ts";
import { checkGpuPool } from "./platform/gpu-pool.ts";
import { checkImages } from "./platform/images.ts";
import { checkBudgets } from "./pods/budgets.ts";
import { checkEnvironment } from "./pods/environment.ts";
import { checkFiles } from "./pods/files.ts";
import { checkLabels } from "./pods/labels.ts";
import { checkPods } from "./pods/pods.ts";
import { checkScraping } from "./pods/scraping.ts";
import { checkSelectors } from "./pods/selectors.ts";
import { checkSources } from "./pods/source.ts";
import { checkSpread } from "./pods/spread.ts";
import { checkVolumes } from "./pods/volumes.ts";
import { type ConfigProblem, combined, duplicates, type Findings } from "./problem.ts";
import { allOf, checkQuota } from "./quota.ts";
import { checkReferences } from "./references.ts";
import { checkBodyLimits } from "./routes/body-limit.ts";
import { checkGrpc } from "./routes/grpc.ts";
import { checkRouteConflicts } from "./routes/route-conflicts.ts";

/**
 * Mistakes that involve several settings: dangling references, duplicate names, settings that the cluster would reject or
 * ignore, and a stack that does not fit its quota.
 */
export function crossCheck(stack: ResolvedStack): Findings {
  const pods = [
    checkBudgets(stack),
    checkVolumes(stack),
    checkEnvironment(stack),
    checkScraping(stack),
    checkSources(stack),
    checkKeda(stack),
  ];
  return combined([{ problems: checkSettings(stack), notices: [] }, ...pods]);
}

function checkSettings(stack: ResolvedStack): ConfigProblem[] {
  return [
    ...duplicates(
      stack.models,
      ({ entry }) => entry,
      (index) => `models[${index}].${stack.models[index]?.name === undefined ? "model" : "name"}`,
    ),
    ...stack.models.flatMap((model, index) => checkModel(stack, model, `models[${index}]`)),
    ...checkRouteConflicts(stack),
    ...checkApiGateway(stack),
    ...checkBodyLimits(stack),
    ...checkGrpc(stack),
    ...checkNetworkPolicies(stack),
    ...checkImages(stack),
    ...checkReferences(stack),
    ...checkNames(stack),
    ...checkGpuPool(stack),
    ...checkLabels(stack),
    ...checkSelectors(stack),
    ...checkSpread(stack),
    ...checkPods(stack),
    ...checkFiles(stack),
    ...checkExtraObjects(stack),
    ...checkAutoscaling(stack),
    ...checkFit(stack),
  ];
}

/**
 * Whether the stack fits into its own namespace. Otherwise the API server would reject pods, but only during the
 * deployment.
 */
function checkFit(stack: ResolvedStack): ConfigProblem[] {
  const { workloads, namespace } = stack;
  return [
    ...allOf(workloads).flatMap((workload) => checkLimitRange(workload, namespace.limitRange)),
    ...checkQuota(stack),
  ];
}
