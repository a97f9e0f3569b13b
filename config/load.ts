import * as pulumi from "@pulumi/pulumi";
import type { ConfigProblem } from "./checks/problem.ts";
import { checkForeignKeys } from "./foreign-keys.ts";
import { resolveWithSecrets, type Stack } from "./secret-values.ts";
import { ConfigError } from "./validate.ts";

/**
 * Reads, resolves and checks the configuration of the stack that Pulumi is running.
 *
 * Keys that a secret names by `config` hold secret values. They are read one by one and are not settings.
 *
 * @throws pulumi.RunError naming every wrong setting by its path; the engine shows its message without a stack trace
 */
export function loadStack(): Stack {
  try {
    return readStack();
  } catch (error) {
    throw error instanceof ConfigError ? new pulumi.RunError(error.message) : error;
  }
}

/**
 * Ends the program if something is wrong with settings that can be judged only beside the objects that they lead to.
 *
 * @throws pulumi.RunError naming every problem
 */
export function failWith(problems: readonly ConfigProblem[]): void {
  if (problems.length === 0) return;
  throw new pulumi.RunError(new ConfigError(`Pulumi.${pulumi.getStack()}.yaml`, problems).message);
}

function readStack(): Stack {
  const project = pulumi.getProject();
  const name = pulumi.getStack();
  const all = pulumi.runtime.allConfig();
  const values = parseValues(all, project);
  for (const key of secretKeys(values)) delete values[key];
  const settings = new pulumi.Config(project);
  const source = `Pulumi.${name}.yaml`;
  const { problems, notices } = checkForeignKeys(Object.keys(all), project);
  if (problems.length > 0) throw new ConfigError(source, problems);
  for (const { path, message } of notices) pulumi.log.warn(`${source}: ${path}: ${message}`);
  return resolveWithSecrets(name, values, source, {
    value: (key) => settings.getSecret(key),
    remedy: (key) => `set it with \`pulumi config set --secret ${key}\``,
  });
}

/**
 * Configuration values by key, as YAML had them. Pulumi passes every value as text, and objects and lists as JSON.
 *
 * @param all every value of the stack by `<namespace>:<key>`; those of other namespaces are ignored
 */
export function parseValues(all: Readonly<Record<string, string>>, project: string): Record<string, unknown> {
  const prefix = `${project}:`;
  return Object.fromEntries(
    Object.entries(all)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, text]) => [key.slice(prefix.length), parseValue(text)]),
  );
}

function parseValue(text: string): unknown {
  const structured = /^[[{]/.test(text) || /^(true|false|-?[0-9]+(\.[0-9]+)?)$/.test(text);
  if (!structured) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Keys that secrets take their values from. The schema reports whatever is wrong with the secrets themselves. */
export function secretKeys(values: Readonly<Record<string, unknown>>): string[] {
  const entries = (value: unknown): unknown[] =>
    typeof value === "object" && value !== null ? Object.values(value) : [];
  const field = (value: unknown, key: string): unknown =>
    typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  return entries(values["secrets"])
    .flatMap((secret) => [...entries(field(secret, "data")), field(field(secret, "registry"), "password")])
    .map((source) => field(source, "config"))
    .filter((key) => typeof key === "string");
}
