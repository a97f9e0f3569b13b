import type { z } from "zod";
import { crossCheck } from "./checks/index.ts";
import type { ConfigProblem } from "./checks/problem.ts";
import { checkUnusedCanary, checkUnusedRetries } from "./checks/traffic.ts";
import { type ResolvedStack, resolveStack } from "./resolve/stack.ts";
import { renameSettings } from "./schema/renamed.ts";
import { type WrittenPath, withVersionDefaults, writtenPaths } from "./schema/serving/version-defaults.ts";
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
  /** What will not work any longer in the next release, and settings that have less effect than they seem to have. */
  readonly warnings: readonly string[];
}

/**
 * Resolves a stack and checks it as a whole.
 *
 * @param values configuration values by key, without the project's prefix
 */
export function checkStack(values: unknown): CheckedStack {
  const { settings, warnings } = renameSettings(values);
  const effective = withVersionDefaults(settings);
  const written = writtenPaths(settings, effective);
  const { data, error } = StackSchema.safeParse(effective, { reportInput: true });
  if (data === undefined) return { problems: atTheirPlace(error.issues.flatMap(describeIssue), written), warnings };
  const stack = resolveStack(data);
  const { problems, notices } = crossCheck(stack);
  const noticed = atTheirPlace(notices, written).map(({ path, message }) => `${path}: ${message}`);
  return {
    stack,
    problems: atTheirPlace([...checkUnusedCanary(data), ...checkUnusedRetries(data), ...problems], written),
    warnings: [...warnings, ...noticed],
  };
}

/**
 * Resolves a stack and checks it as a whole.
 *
 * @param values configuration values by key, without the project's prefix
 * @param source where they come from, such as `Pulumi.dev.yaml`; every message begins with it
 * @param warn is called for each warning of {@link CheckedStack}
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

/** A part of a message that may be the path of a version's setting. */
const MENTIONED = /models\[[0-9]+\]\.versions\[[0-9]+\](?:\.[\w/-]+|\[[0-9]+\])+/g;

/** Problems at the paths where their settings are written, each once: several versions may have one default. */
function atTheirPlace(problems: readonly ConfigProblem[], written: WrittenPath): ConfigProblem[] {
  const placed = problems.map(({ path, message }) => ({
    path: written(path),
    message: message.replaceAll(MENTIONED, written),
  }));
  const key = ({ path, message }: ConfigProblem) => `${path}: ${message}`;
  return [...new Map(placed.map((problem) => [key(problem), problem])).values()];
}

function describeIssue(issue: z.core.$ZodIssue): ConfigProblem[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: formatPath([...issue.path, key]), message: "unknown setting" }));
  }
  if (issue.code === "invalid_key") {
    return [{ path: formatPath(issue.path), message: issue.issues[0]?.message ?? issue.message }];
  }
  if (issue.code === "invalid_union") {
    const [meant, ...others] = issue.errors.filter((branch) => branch.every(isInside));
    // One alternative has the right form and something wrong in it.
    if (meant !== undefined && others.length === 0) {
      return meant.flatMap((inner) => describeIssue({ ...inner, path: [...issue.path, ...inner.path] }));
    }
  }
  const missing = issue.code === "invalid_type" && issue.input === undefined;
  return [{ path: formatPath(issue.path), message: missing ? `is missing (${issue.message})` : issue.message }];
}

/** Whether an alternative fits but for a setting in it. */
function isInside({ code, path }: z.core.$ZodIssue): boolean {
  return path.length > 0 || code === "unrecognized_keys" || code === "custom";
}

/** A path as people write it: `models[0].versions[1].name`. */
function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? String(part) : `${text}.${String(part)}`;
  }, "");
}
