export type { ConfigProblem } from "./checks/problem.ts";
export { type CostEstimate, estimateCost, type MonthlyCost } from "./cost.ts";
export { loadStack, parseValues, type Stack } from "./load.ts";
export { type StackConfig, StackSchema } from "./schema/stack.ts";
export { ConfigError, validateConfig } from "./validate.ts";
