import * as pulumi from "@pulumi/pulumi";
import type { SecretArgs, SecretValue } from "../components/platform/secrets.ts";
import type { ConfigProblem } from "./checks/problem.ts";
import type { StackConfig } from "./schema/stack.ts";
import { ConfigError, validateConfig } from "./validate.ts";

/** A stack: its name, its configuration and the Secrets that the configuration describes. */
export interface Stack {
  readonly name: string;
  readonly config: StackConfig;
  /** Secrets by name; a value that comes from configuration and is not set there is an error. */
  readonly secrets: Readonly<Record<string, SecretArgs>>;
}

/**
 * Reads and checks the configuration of the stack that Pulumi is running.
 *
 * Keys that a secret names by `config` hold secret values: they are read one by one, and are no settings.
 *
 * @throws pulumi.RunError naming every wrong setting by its path: the engine shows its message, and no stack trace
 */
export function loadStack(): Stack {
  try {
    return readStack();
  } catch (error) {
    throw error instanceof ConfigError ? new pulumi.RunError(error.message) : error;
  }
}

function readStack(): Stack {
  const project = pulumi.getProject();
  const name = pulumi.getStack();
  const values = parseValues(pulumi.runtime.allConfig(), project);
  for (const key of secretKeys(values)) delete values[key];
  const settings = new pulumi.Config(project);
  const source = `Pulumi.${name}.yaml`;
  const config = validateConfig(values, source);
  const unset = secretSources(config).filter(({ key }) => settings.getSecret(key) === undefined);
  if (unset.length > 0) throw new ConfigError(source, unset.map(unsetSecret));
  const fromConfig = ({ config: key }: { config: string }) => settings.requireSecret(key);
  const secretValue = (source: WrittenValue): SecretValue => {
    if ("config" in source) return { value: fromConfig(source) };
    return "value" in source ? { plain: source.value } : source;
  };
  const secret = ({ data, registry, ...fixed }: StackConfig["secrets"][string]): SecretArgs =>
    registry === undefined
      ? { ...fixed, data: mapValues(data ?? {}, secretValue) }
      : { ...fixed, registry: { ...registry, password: fromConfig(registry.password) } };
  return { name, config, secrets: mapValues(config.secrets, secret) };
}

/** A configuration value that a secret is made from, and where the secret says so. */
interface SecretSource {
  readonly path: string;
  readonly key: string;
}

function secretSources({ secrets }: StackConfig): SecretSource[] {
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

type WrittenValue = NonNullable<StackConfig["secrets"][string]["data"]>[string];

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

/**
 * Configuration values by key, as YAML had them: Pulumi hands every value on as text, objects and lists as JSON.
 *
 * @param all every value of the stack by `<namespace>:<key>`; those of other namespaces are left out
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

/** Keys that secrets take their values from. Whatever else is wrong with them is the schema's to say. */
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
