import type { z } from "zod";
import { crossCheck } from "./checks/index.ts";
import type { ConfigProblem } from "./checks/problem.ts";
import { checkUnusedCanary } from "./checks/traffic.ts";
import { type ResolvedStack, resolveStack } from "./resolve/stack.ts";
import { renameSettings } from "./schema/renamed.ts";
import { StackSchema } from "./schema/stack.ts";

/** The configuration of a stack is wrong. The message has one line for each problem. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(source: string, problems: readonly ConfigProblem[]) {
    super(problems.map(({ path, message }) => `${source}: ${path}: ${message}`).join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** A stack and the problems in it. */
export interface CheckedStack {
  /** Undefined if a setting has the wrong shape. */
  readonly stack?: ResolvedStack;
  readonly problems: readonly ConfigProblem[];
  /** What will not work any longer in the next release. */
  readonly warnings: readonly string[];
}

/**
 * Resolves a stack and checks it as a whole.
 *
 * @param values configuration values by key, without the project's prefix
 */
export function checkStack(values: unknown): CheckedStack {
  const { settings, warnings } = renameSettings(values);
  const { data, error } = StackSchema.safeParse(settings, { reportInput: true });
  if (data === undefined) return { problems: error.issues.flatMap(describeIssue), warnings };
  const stack = resolveStack(data);
  return { stack, problems: [...checkUnusedCanary(data), ...crossCheck(stack)], warnings };
}

/**
 * Resolves a stack and checks it as a whole.
 *
 * @param values configuration values by key, without the project's prefix
 * @param source where they come from, such as `Pulumi.dev.yaml`; every message begins with it
 * @param warn is called for each setting that the next release no longer reads
 * @throws ConfigError with every problem found
 */
export function validateConfig(
  values: unknown,
  source: string,
  warn: (message: string) => void = () => {},
): ResolvedStack {
  const { stack, problems, warnings } = checkStack(values);
  for (const warning of warnings) warn(`${source}: ${warning}`);
  if (stack === undefined || problems.length > 0) throw new ConfigError(source, problems);
  return stack;
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
