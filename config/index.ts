export type { ConfigProblem } from "./checks/problem.ts";
export { type CostEstimate, estimateCost, type MonthlyCost } from "./cost.ts";
export { failWith, loadStack, parseValues, type Stack, secretKeys } from "./load.ts";
export type { CanaryRollout, RolloutGoal } from "./resolve/canary-rollout.ts";
export { sharesOf } from "./resolve/shares.ts";
export type { ResolvedStack } from "./resolve/stack.ts";
export { type CheckedStack, ConfigError, checkStack, validateConfig } from "./validate.ts";
