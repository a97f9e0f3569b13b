export { loadStack, parseValues, type Stack } from "./load.ts";
export { type StackConfig, StackSchema } from "./schema.ts";
export { ConfigError, type ConfigProblem, validateConfig } from "./validate.ts";
