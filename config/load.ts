import * as pulumi from "@pulumi/pulumi";
import type { SecretArgs, SecretValue } from "../components/platform/secrets.ts";
import type { ConfigProblem } from "./checks/problem.ts";
import { checkForeignKeys } from "./foreign-keys.ts";
import type { ResolvedStack } from "./resolve/stack.ts";
import { ConfigError, validateConfig } from "./validate.ts";

/** The stack that Pulumi is running. */
export interface Stack {
  readonly name: string;
  readonly stack: ResolvedStack;
  /** Secrets by name, with the values that come from configuration. */
  readonly secretValues: Readonly<Record<string, SecretArgs>>;
}

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
  const stack = validateConfig(values, source, (message) => pulumi.log.warn(message));
  const unset = secretSources(stack).filter(({ key }) => settings.getSecret(key) === undefined);
  if (unset.length > 0) throw new ConfigError(source, unset.map(unsetSecret));
  const fromConfig = ({ config: key }: { readonly config: string }) => settings.requireSecret(key);
  const secretValue = (source: WrittenValue): SecretValue => {
    if ("config" in source) return { value: fromConfig(source) };
    return "value" in source ? { plain: source.value } : source;
  };
  const secret = ({ data, registry, existing, ...fixed }: ResolvedStack["secrets"][string]): SecretArgs => {
    if (existing !== undefined) return { existing };
    return registry === undefined
      ? { ...fixed, data: mapValues(data ?? {}, secretValue) }
      : { ...fixed, registry: { ...registry, password: fromConfig(registry.password) } };
  };
  return { name, stack, secretValues: mapValues(stack.secrets, secret) };
}

/** A configuration value that a secret is made from, and the path of the reference to it. */
interface SecretSource {
  readonly path: string;
  readonly key: string;
}

function secretSources({ secrets }: ResolvedStack): SecretSource[] {
  return Object.entries(secrets).flatMap(([name, { data, registry }]) => [
    ...Object.entries(data ?? {}).flatMap(([key, source]) =>
      "config" in source ? [{ path: `secrets.${name}.data.${key}.config`, key: source.config }] : [],
    ),
    ...(registry === undefined
      ? []
      : [{ path: `secrets.${name}.registry.password.config`, key: registry.password.config }]),
  ]);
}

function unsetSecret({ path, key }: SecretSource): ConfigProblem {
  return { path, message: `there is no value "${key}"; set it with \`pulumi config set --secret ${key}\`` };
}

type WrittenValue = NonNullable<ResolvedStack["secrets"][string]["data"]>[string];

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
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
