export type { ConfigProblem } from "./checks/problem.ts";
export { type CostEstimate, estimateCost, type MonthlyCost } from "./cost.ts";
export { failWith, loadStack, parseValues, secretKeys } from "./load.ts";
export type { CanaryRollout, RolloutGoal } from "./resolve/canary-rollout.ts";
export { sharesOf } from "./resolve/shares.ts";
export type { ResolvedStack } from "./resolve/stack.ts";
export { resolveWithSecrets, type SecretValues, type Stack } from "./secret-values.ts";
export { type CheckedStack, ConfigError, checkStack, validateConfig } from "./validate.ts";
