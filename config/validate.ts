import type { z } from "zod";
import { resolveDefaults, type StackConfig, StackSchema } from "./schema.ts";

/** What is wrong in a stack's configuration: where, and what to do about it. */
export interface ConfigProblem {
  /** Path of the setting, such as `traffic.routes[0].canary`. */
  readonly path: string;
  readonly message: string;
}

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

/** What no single setting shows: names that refer to nothing, and names given twice. */
function crossCheck(config: StackConfig): ConfigProblem[] {
  return [
    ...duplicates(
      config.models,
      ({ model }) => model,
      (index) => `models[${index}].model`,
    ),
    ...config.models.flatMap((model, index) => checkModel(config, model, `models[${index}]`)),
    ...checkPaths(config),
  ];
}

type Model = StackConfig["models"][number];

function checkModel(config: StackConfig, model: Model, path: string): ConfigProblem[] {
  return [
    ...duplicates(
      model.versions,
      ({ version }) => version,
      (index) => `${path}.versions[${index}].version`,
    ),
    ...model.versions.flatMap((version, index) =>
      checkSecretEnvironment(config, version, `${path}.versions[${index}].secretEnvironment`),
    ),
    ...checkTraffic(config, model, `${path}.traffic`),
  ];
}

function checkSecretEnvironment(
  config: StackConfig,
  { secretEnvironment }: Model["versions"][number],
  path: string,
): ConfigProblem[] {
  return Object.entries(secretEnvironment ?? {}).flatMap(([variable, { secret, key }]) => {
    const data = config.secrets[secret]?.data;
    if (data === undefined) {
      const message = `there is no secret "${secret}" under secrets${listed(Object.keys(config.secrets))}`;
      return [{ path: `${path}.${variable}.secret`, message }];
    }
    if (data[key] === undefined) {
      const message = `secret "${secret}" has no key "${key}"${listed(Object.keys(data))}`;
      return [{ path: `${path}.${variable}.key`, message }];
    }
    return [];
  });
}

function checkTraffic(config: StackConfig, { model, versions, traffic }: Model, path: string): ConfigProblem[] {
  if (traffic === undefined) return [];
  const problems: ConfigProblem[] = [];
  if (config.gateway === undefined) {
    problems.push({ path: "gateway", message: `is missing, and ${path} needs a Gateway to attach to` });
  }
  const known = versions.map(({ version }) => version);
  for (const role of ["stable", "canary"] as const) {
    const version = traffic[role];
    if (version !== undefined && !known.includes(version)) {
      problems.push({
        path: `${path}.${role}`,
        message: `model "${model}" has no version "${version}"${listed(known)}`,
      });
    }
  }
  if (traffic.canary === traffic.stable) {
    problems.push({ path: `${path}.canary`, message: "is the stable version; leave it out, or name another one" });
  }
  for (const setting of ["canaryWeight", "canaryHeader"] as const) {
    if (traffic.canary === undefined && traffic[setting] !== undefined) {
      problems.push({
        path: `${path}.${setting}`,
        message: "needs a canary to send requests to; name one, or leave it out",
      });
    }
  }
  return problems;
}

/** Two models on one path of one host would take each other's requests. */
function checkPaths(config: StackConfig): ConfigProblem[] {
  const places = config.models.flatMap(({ traffic }, index) =>
    traffic === undefined
      ? []
      : (traffic.hosts ?? ["*"]).map((host) => ({ index, place: `${host}${traffic.path ?? "/"}` })),
  );
  return duplicates(
    places,
    ({ place }) => place,
    (position) => `models[${places[position]?.index}].traffic.path`,
  );
}

function duplicates<T>(
  items: readonly T[],
  key: (item: T) => string,
  path: (index: number) => string,
): ConfigProblem[] {
  const first = new Map<string, number>();
  return items.flatMap((item, index) => {
    const twin = first.get(key(item));
    if (twin === undefined) {
      first.set(key(item), index);
      return [];
    }
    return [{ path: path(index), message: `"${key(item)}" is already given at ${path(twin)}` }];
  });
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "; there is none" : `; there is ${names.map((name) => `"${name}"`).join(", ")}`;
}
