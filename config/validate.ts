import type { z } from "zod";
import { crossCheck } from "./checks/index.ts";
import type { ConfigProblem } from "./checks/problem.ts";
import { resolveDefaults, type StackConfig, StackSchema } from "./schema/stack.ts";

/** The configuration of a stack is wrong. The message has one line for each problem. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(source: string, problems: readonly ConfigProblem[]) {
    super(problems.map(({ path, message }) => `${source}: ${path}: ${message}`).join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/**
 * Checks a stack's configuration as a whole.
 *
 * @param values configuration values by key, without the project's prefix
 * @param source where they come from, to begin every message with, such as `Pulumi.dev.yaml`
 * @throws ConfigError with every problem found
 */
export function validateConfig(values: unknown, source: string): StackConfig {
  const result = StackSchema.safeParse(values, { reportInput: true });
  if (!result.success) {
    throw new ConfigError(source, result.error.issues.flatMap(describeIssue));
  }
  const config = resolveDefaults(result.data);
  const problems = crossCheck(config);
  if (problems.length > 0) throw new ConfigError(source, problems);
  return config;
}

function describeIssue(issue: z.core.$ZodIssue): ConfigProblem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: formatPath([...issue.path, key]), message: "unknown setting" }));
  }
  const missing = issue.code === "invalid_type" && issue.input === undefined;
  return [{ path: formatPath(issue.path), message: missing ? `is missing (${issue.message})` : issue.message }];
}

/** A path as people write it: `models[0].versions[1].name`. */
function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? String(part) : `${text}.${String(part)}`;
  }, "");
}
