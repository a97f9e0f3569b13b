import { kubernetesName } from "../../components/kubernetes/names.ts";
import { podLabels, selectorLabels, versionResourceName } from "../../components/serving/version-labels.ts";
import type { StackConfig } from "../schema/stack.ts";
import { entryName } from "./entries.ts";
import { type ConfigProblem, duplicates } from "./problem.ts";

/** A fixed name, or a port on every node, and where it is given. */
interface Given {
  readonly value: string;
  readonly path: string;
}

type Version = StackConfig["models"][number]["versions"][number];

/** Names that two objects of one kind cannot share, ports that two Services cannot, and pods that two versions cannot. */
export function checkNames(config: StackConfig): ConfigProblem[] {
  const kinds = namesByKind(config);
  return [
    ...Object.values(kinds).flatMap(twice),
    ...twice(nodePorts(config)),
    ...checkJobNames(config),
    ...checkSelectors(config),
  ];
}

function twice(given: readonly Given[]): ConfigProblem[] {
  return duplicates(
    given,
    ({ value }) => value,
    (index) => given[index]?.path ?? "",
  );
}

/** Every version with its path. */
function versionsOf({ models }: StackConfig): { readonly path: string; readonly version: Version }[] {
  return models.flatMap(({ versions }, index) =>
    versions.map((version, position) => ({ path: `models[${index}].versions[${position}]`, version })),
  );
}

/** The Services of one version, and of the API gateway. */
function servicesOf(config: StackConfig) {
  const { apiGateway } = config;
  return [
    ...versionsOf(config).flatMap(({ path, version }) => [
      ...(version.service === undefined ? [] : [{ path: `${path}.service`, service: version.service }]),
      ...(version.additionalServices ?? []).map((service, index) => ({
        path: `${path}.additionalServices[${index}]`,
        service,
      })),
    ]),
    ...(apiGateway?.service === undefined ? [] : [{ path: "apiGateway.service", service: apiGateway.service }]),
  ];
}

function nodePorts(config: StackConfig): Given[] {
  return servicesOf(config).flatMap(({ path, service: { nodePort } }) =>
    nodePort === undefined ? [] : [{ value: String(nodePort), path: `${path}.nodePort` }],
  );
}

/** Fixed names of each kind of object. */
function namesByKind(config: StackConfig): Readonly<Record<string, Given[]>> {
  const { training, storage, apiGateway, loadTest } = config;
  const given = (path: string, value: string | undefined): Given[] => (value === undefined ? [] : [{ value, path }]);
  const versions = versionsOf(config);
  const named = (list: readonly { readonly name: string }[] | undefined, path: string) =>
    (list ?? []).flatMap(({ name }, index) => given(`${path}[${index}].name`, name));
  return {
    deployments: [
      ...versions.flatMap(({ path, version }) => given(`${path}.name`, version.name)),
      ...given("apiGateway.name", apiGateway === undefined ? undefined : (apiGateway.name ?? "api-gateway")),
    ],
    services: servicesOf(config).flatMap(({ path, service }) => given(`${path}.name`, service.name)),
    autoscalers: [
      ...versions.flatMap(({ path, version }) => given(`${path}.autoscaling.name`, version.autoscaling?.name)),
      ...given("apiGateway.autoscaling.name", apiGateway?.autoscaling?.name),
    ],
    disruptionBudgets: [
      ...versions.flatMap(({ path, version }) =>
        given(`${path}.disruptionBudget.name`, version.disruptionBudget?.name),
      ),
      ...given("apiGateway.disruptionBudget.name", apiGateway?.disruptionBudget?.name),
    ],
    configMaps: [
      ...Object.entries(config.configMaps).flatMap(([key, { name }]) => given(`configMaps.${key}.name`, name)),
      ...given("apiGateway.configName", apiGateway?.configName),
    ],
    secrets: Object.entries(config.secrets).flatMap(([key, { name }]) => given(`secrets.${key}.name`, name)),
    claims: [...given("storage.models.name", storage.models.name), ...given("storage.data.name", storage.data?.name)],
    jobs: [
      ...given("storage.init.name", storage.init?.name),
      ...(training.jobs ?? []).flatMap(({ name, run = 1 }, index) =>
        given(`training.jobs[${index}].name`, run === 1 ? name : `${name}-${run}`),
      ),
      ...given("loadTest.name", loadTest === undefined ? undefined : (loadTest.name ?? "load-test")),
    ],
    cronJobs: [...named(training.cronJobs, "training.cronJobs"), ...named(training.batchJobs, "training.batchJobs")],
  };
}

/** A Job's name with its run, and with the number of its last worker in the names of its pods, is a name itself. */
function checkJobNames({ training }: StackConfig): ConfigProblem[] {
  return (training.jobs ?? []).flatMap(({ name, run = 1, workers }, index) => {
    const full = `${name}${run === 1 ? "" : `-${run}`}${workers === undefined ? "" : `-${workers - 1}`}`;
    if (full.length <= 63) return [];
    const message = `is ${full.length} characters long with its run and its workers, 63 at most; shorten it`;
    return [{ path: `training.jobs[${index}].name`, message }];
  });
}

/** A version with the labels of its pods, and those that it picks them by. */
interface Labelled {
  readonly index: number;
  readonly path: string;
  readonly name: string;
  /** The same for a version that is given twice, which is told elsewhere. */
  readonly id: string;
  readonly selector: readonly string[];
  readonly labels: ReadonlySet<string>;
}

/** A selector that also picks another version's pods would mix them: its Service would answer with both. */
function checkSelectors(config: StackConfig): ConfigProblem[] {
  const versions = config.models
    .flatMap((model, index) => labelledVersions(model, `models[${index}]`))
    .map((version, index): Labelled => ({ ...version, index }));
  const byLabel = Map.groupBy(
    versions.flatMap((version) => [...version.labels].map((label) => ({ label, version }))),
    ({ label }) => label,
  );
  const picks = (one: Labelled, other: Labelled) => one.selector.every((label) => other.labels.has(label));
  return versions.flatMap((version) => {
    // The rarest of the labels leaves the fewest to look at: usually the version itself.
    const [rarest = []] = version.selector
      .map((label) => byLabel.get(label) ?? [])
      .toSorted((a, b) => a.length - b.length);
    const taken = rarest
      .map((found) => found.version)
      // Two that pick each other are told once, at the second.
      .find(
        (other) =>
          other.id !== version.id && picks(version, other) && !(other.index > version.index && picks(other, version)),
      );
    if (taken === undefined) return [];
    const message = `${version.selector.join(",")} also picks the pods of ${taken.name} (${taken.path}); add a label that only ${version.name} has`;
    return [{ path: `${version.path}.selector`, message }];
  });
}

function labelledVersions(model: StackConfig["models"][number], path: string): Omit<Labelled, "index">[] {
  const app = model.app ?? kubernetesName(entryName(model));
  const texts = (labels: Readonly<Record<string, string>>) =>
    Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return model.versions.map((version, position) => {
    const id = versionResourceName(entryName(model), version.version);
    return {
      path: `${path}.versions[${position}]`,
      name: version.name ?? id,
      id,
      selector: texts(selectorLabels(app, version)),
      labels: new Set(texts(podLabels(app, version))),
    };
  });
}
