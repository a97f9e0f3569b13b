import type { ResolvedStack } from "../resolve/stack.ts";
import { checkLimitRange } from "./limit-range.ts";
import type { ConfigProblem } from "./problem.ts";
import { allOf, checkQuota } from "./quota.ts";

/**
 * Whether the stack fits into its own namespace. Otherwise the API server would reject pods, but only during the
 * deployment.
 */
export function checkFit(stack: ResolvedStack): ConfigProblem[] {
  const { workloads, namespace } = stack;
  return [
    ...allOf(workloads).flatMap((workload) => checkLimitRange(workload, namespace.limitRange)),
    ...checkQuota(stack),
  ];
}
