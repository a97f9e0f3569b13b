import type { StackConfig } from "../schema/stack.ts";
import { workloadsOf } from "../workloads.ts";
import { checkLimitRange } from "./limit-range.ts";
import type { ConfigProblem } from "./problem.ts";
import { allOf, checkQuota } from "./quota.ts";

/** Whether the stack fits into its own namespace: what the API server would refuse once it is too late. */
export function checkFit(config: StackConfig): ConfigProblem[] {
  const workloads = workloadsOf(config);
  const { limitRange } = config.namespace;
  return [
    ...allOf(workloads).flatMap((workload) => checkLimitRange(workload, limitRange)),
    ...checkQuota(config, workloads),
  ];
}
