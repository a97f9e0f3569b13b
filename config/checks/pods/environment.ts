import { LOAD_TEST_VARIABLES } from "../../../components/load-test/load-test.ts";
import { serverVariables } from "../../../components/serving/server-variables.ts";
import { TRAINER_VARIABLES } from "../../../components/training/job-spec.ts";
import { trainingJobs } from "../../resolve/jobs.ts";
import type { ResolvedStack } from "../../resolve/stack.ts";
import type { ConfigProblem, Findings } from "../problem.ts";

/** A container's environment: what the stack file sets, and what the program sets itself. */
interface Environment {
  readonly path: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly secretEnvironment?: Readonly<Record<string, unknown>>;
  readonly configMaps?: readonly string[];
  readonly secrets?: readonly string[];
  /** Variables of the program; undefined if their value is unknown before the pod runs. */
  readonly own: Readonly<Record<string, string | undefined>>;
}

/** The settings that decide the server's own variables. */
const SETTINGS: Readonly<Record<string, string>> = {
  MODEL_NAME: "the entry's model",
  MODEL_VERSION: "version",
  PORT: "container.port",
  METRICS_PORT: "container.metricsPort",
  GRPC_PORT: "container.ports.grpc",
  DRAIN_SECONDS: "rollout.drainSeconds",
  SHUTDOWN_SECONDS: "rollout.terminationGracePeriodSeconds",
};

/** Variables that the program overrides or sets twice; those of ConfigMaps and Secrets that later ones override. */
export function checkEnvironment(stack: ResolvedStack): Findings {
  const environments = environmentsOf(stack);
  return {
    problems: environments.flatMap((one) => [...checkOwn(stack, one), ...checkTwice(one)]),
    notices: environments.flatMap((one) => overridden(stack, one)),
  };
}

function environmentsOf({ models, training, loadTest }: ResolvedStack): Environment[] {
  const unknown = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, undefined]));
  const trainer = unknown(TRAINER_VARIABLES);
  return [
    ...models.flatMap(({ model, versions }, index) =>
      versions.map((version, position) => ({
        ...version,
        path: `models[${index}].versions[${position}]`,
        // A server of one's own is told less, and what the version sets comes first.
        own: version.image === undefined ? serverVariables(model, version) : {},
      })),
    ),
    ...trainingJobs(training).map(({ path, job }) => ({ ...job, path, own: trainer })),
    ...(loadTest === undefined
      ? []
      : [{ secretEnvironment: loadTest.secretEnvironment, path: "loadTest", own: unknown(LOAD_TEST_VARIABLES) }]),
  ];
}

/** Variables of the program would win unseen. One with the program's own value does no harm. */
function checkOwn(stack: ResolvedStack, { path, own, ...given }: Environment): ConfigProblem[] {
  const wins = (name: string, value: string | undefined) =>
    Object.hasOwn(own, name) && (value === undefined || own[name] !== value);
  const remedy = (name: string) => {
    const setting = SETTINGS[name];
    return setting === undefined || own[name] === undefined ? "leave it out" : `leave it out, or change ${setting}`;
  };
  const message = (name: string) =>
    `is set by the program${own[name] === undefined ? "" : ` to "${own[name]}"`}; ${remedy(name)}`;
  return [
    ...Object.entries(given.environment ?? {})
      .filter(([name, value]) => wins(name, value))
      .map(([name]) => ({ path: `${path}.environment.${name}`, message: message(name) })),
    ...Object.keys(given.secretEnvironment ?? {})
      .filter((name) => wins(name, undefined))
      .map((name) => ({ path: `${path}.secretEnvironment.${name}`, message: message(name) })),
    ...sourcesOf(stack, given).flatMap(({ place, what, values }) =>
      Object.entries(values)
        .filter(([name, value]) => wins(name, value))
        .map(([name]) => ({ path: `${path}.${place}`, message: `${what} has ${name}, which ${message(name)}` })),
    ),
  ];
}

function checkTwice({ path, environment = {}, secretEnvironment = {} }: Environment): ConfigProblem[] {
  return Object.keys(environment)
    .filter((name) => Object.hasOwn(secretEnvironment, name))
    .map((name) => ({
      path: `${path}.environment.${name}`,
      message: `is also at ${path}.secretEnvironment.${name}; keep one`,
    }));
}

/** Variables that a later ConfigMap or Secret of the same container sets to something else. */
function overridden(stack: ResolvedStack, { path, ...given }: Environment): ConfigProblem[] {
  const sources = sourcesOf(stack, given);
  return sources.flatMap(({ place, what, values }, index) =>
    Object.entries(values).flatMap(([name, value]) => {
      const earlier = sources
        .slice(0, index)
        .findLast(
          (source) => Object.hasOwn(source.values, name) && (value === undefined || source.values[name] !== value),
        );
      if (earlier === undefined) return [];
      return [{ path: `${path}.${place}`, message: `${what} overrides ${name} of ${earlier.what}` }];
    }),
  );
}

/** ConfigMaps, then Secrets: later ones win. */
function sourcesOf(
  stack: ResolvedStack,
  { configMaps = [], secrets = [] }: Pick<Environment, "configMaps" | "secrets">,
) {
  return [
    ...configMaps.map((name, index) => ({
      place: `configMaps[${index}]`,
      what: `ConfigMap "${name}"`,
      values: valuesOf(stack.configMaps[name]),
    })),
    ...secrets.map((name, index) => ({
      place: `secrets[${index}]`,
      what: `secret "${name}"`,
      values: mapValues(stack.secrets[name]?.data ?? {}, (source) => ("value" in source ? source.value : undefined)),
    })),
  ];
}

/** What a ConfigMap from elsewhere holds is not known. */
function valuesOf(
  configMap: ResolvedStack["configMaps"][string] | undefined,
): Readonly<Record<string, string | undefined>> {
  return configMap !== undefined && "data" in configMap ? configMap.data : {};
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
