import * as pulumi from "@pulumi/pulumi";
import type { SecretArgs, SecretValue } from "../components/platform/secrets.ts";
import type { ResolvedStack } from "./resolve/stack.ts";
import { ConfigError, validateConfig } from "./validate.ts";

/** A stack with the values of its secrets. */
export interface Stack {
  readonly name: string;
  readonly stack: ResolvedStack;
  /** Secrets by name, with the values that are not in the settings. */
  readonly secretValues: Readonly<Record<string, SecretArgs>>;
}

/** Where secrets get the values from that they name by `config`. */
export interface SecretValues {
  /** The value of a key; undefined if there is none. */
  readonly value: (key: string) => pulumi.Output<string> | undefined;
  /** What to do about a missing value, for the error message. */
  readonly remedy: (key: string) => string;
}

/**
 * Resolves and checks settings, and brings the values of their secrets. Warnings go to the engine.
 *
 * @param values settings by key
 * @param source where they come from, such as `Pulumi.dev.yaml`; every message begins with it
 * @throws ConfigError with every problem found
 */
export function resolveWithSecrets(name: string, values: unknown, source: string, secrets: SecretValues): Stack {
  const stack = validateConfig(values, source, (message) => pulumi.log.warn(message));
  const found = secretSources(stack).map((one) => ({ ...one, value: secrets.value(one.key) }));
  const unset = found.filter(({ value }) => value === undefined);
  if (unset.length > 0) {
    const missing = ({ path, key }: SecretSource) => ({
      path,
      message: `there is no value "${key}"; ${secrets.remedy(key)}`,
    });
    throw new ConfigError(source, unset.map(missing));
  }
  const byKey = new Map(found.map(({ key, value }) => [key, value]));
  const given = ({ config: key }: { readonly config: string }) => {
    const value = byKey.get(key);
    if (value === undefined) throw new Error(`no secret names ${key}`);
    return value;
  };
  const secretValue = (source: WrittenValue): SecretValue => {
    if ("config" in source) return { value: given(source) };
    return "value" in source ? { plain: source.value } : source;
  };
  const secret = ({ data, registry, existing, ...fixed }: ResolvedStack["secrets"][string]): SecretArgs => {
    if (existing !== undefined) return { existing };
    return registry === undefined
      ? { ...fixed, data: mapValues(data ?? {}, secretValue) }
      : { ...fixed, registry: { ...registry, password: given(registry.password) } };
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

type WrittenValue = NonNullable<ResolvedStack["secrets"][string]["data"]>[string];

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
