import type { ResolvedStack } from "../resolve/stack.ts";
import { type ConfigProblem, duplicates } from "./problem.ts";

/** A fixed name, or a port on every node, and where it is set. */
interface Given {
  readonly value: string;
  readonly path: string;
}

type Model = ResolvedStack["models"][number];
type Version = Model["versions"][number];

/** Names that two objects of one kind cannot share, ports that two Services cannot share, and pods that two versions cannot. */
export function checkNames(stack: ResolvedStack): ConfigProblem[] {
  return [
    ...Object.values(namesByKind(stack)).flatMap(duplicateNames),
    ...duplicateNames(nodePorts(stack)),
    ...checkJobNames(stack),
    ...checkSelectors(stack),
  ];
}

function duplicateNames(given: readonly Given[]): ConfigProblem[] {
  return duplicates(
    given,
    ({ value }) => value,
    (index) => given[index]?.path ?? "",
  );
}

/** Every version with its path. */
function versionsOf({ models }: ResolvedStack): { readonly path: string; readonly version: Version }[] {
  return models.flatMap(({ versions }, index) =>
    versions.map((version, position) => ({ path: `models[${index}].versions[${position}]`, version })),
  );
}

/** The Services of all versions, and of the API gateway. */
function servicesOf(stack: ResolvedStack) {
  const { apiGateway } = stack;
  return [
    ...versionsOf(stack).flatMap(({ path, version }) => [
      { path: `${path}.service`, service: version.service },
      ...version.additionalServices.map((service, index) => ({
        path: `${path}.additionalServices[${index}]`,
        service,
      })),
    ]),
    ...(apiGateway === undefined ? [] : [{ path: "apiGateway.service", service: apiGateway.service }]),
  ];
}

function nodePorts(stack: ResolvedStack): Given[] {
  return servicesOf(stack).flatMap(({ path, service: { nodePort } }) =>
    nodePort === undefined ? [] : [{ value: String(nodePort), path: `${path}.nodePort` }],
  );
}

/** Fixed names of each kind of object; Pulumi's own names never collide. */
function namesByKind(stack: ResolvedStack): Readonly<Record<string, Given[]>> {
  const { training, storage, apiGateway, loadTest } = stack;
  const given = (path: string, value: string | undefined): Given[] => (value === undefined ? [] : [{ value, path }]);
  const versions = versionsOf(stack);
  const cronJobs = (list: readonly { readonly name: string }[], path: string) =>
    list.flatMap(({ name }, index) => given(`${path}[${index}].name`, name));
  return {
    deployments: [
      ...versions.flatMap(({ path, version }) => given(`${path}.name`, version.name)),
      ...given("apiGateway.name", apiGateway?.name),
    ],
    services: servicesOf(stack).flatMap(({ path, service }) => given(`${path}.name`, service.name)),
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
      ...Object.entries(stack.configMaps).flatMap(([key, { name }]) => given(`configMaps.${key}.name`, name)),
      ...given("apiGateway.configName", apiGateway?.configName),
    ],
    secrets: Object.entries(stack.secrets).flatMap(([key, { name }]) => given(`secrets.${key}.name`, name)),
    claims: [...given("storage.models.name", storage.models.name), ...given("storage.data.name", storage.data?.name)],
    jobs: [
      ...given("storage.init.name", storage.init.name),
      ...training.jobs.flatMap(({ jobName }, index) => given(`training.jobs[${index}].name`, jobName)),
      ...given("loadTest.name", loadTest?.jobName),
    ],
    cronJobs: [
      ...cronJobs(training.cronJobs, "training.cronJobs"),
      ...cronJobs(training.batchJobs, "training.batchJobs"),
    ],
  };
}

/** The name of a Job, with the number of its last worker as in the names of its pods, must be a valid name. */
function checkJobNames({ training }: ResolvedStack): ConfigProblem[] {
  return training.jobs.flatMap(({ jobName, workers }, index) => {
    const full = workers === undefined ? jobName : `${jobName}-${workers - 1}`;
    if (full.length <= 63) return [];
    const message = `makes a Job name of ${full.length} characters, with run and worker numbers; at most 63 are allowed; shorten it`;
    return [{ path: `training.jobs[${index}].name`, message }];
  });
}

/** A version with its pods' labels and its selector. */
interface Labelled {
  readonly index: number;
  readonly path: string;
  readonly name: string;
  /** The same key for a version that is listed twice, because another check reports that. */
  readonly id: string;
  readonly selector: readonly string[];
  readonly labels: ReadonlySet<string>;
}

/** A selector must not also select another version's pods, because its Service would send requests to both. */
function checkSelectors({ models }: ResolvedStack): ConfigProblem[] {
  const versions = models
    .flatMap((model, index) => labelledVersions(model, `models[${index}]`))
    .map((version, index): Labelled => ({ ...version, index }));
  const byLabel = Map.groupBy(
    versions.flatMap((version) => [...version.labels].map((label) => ({ label, version }))),
    ({ label }) => label,
  );
  const selects = (one: Labelled, other: Labelled) => one.selector.every((label) => other.labels.has(label));
  return versions.flatMap((version) => {
    // The rarest label has the fewest candidates: usually only the version itself.
    const [rarest = []] = version.selector
      .map((label) => byLabel.get(label) ?? [])
      .toSorted((a, b) => a.length - b.length);
    const taken = rarest
      .map((found) => found.version)
      // Two versions that select each other's pods are reported once, at the second.
      .find(
        (other) =>
          other.id !== version.id &&
          selects(version, other) &&
          !(other.index > version.index && selects(other, version)),
      );
    if (taken === undefined) return [];
    const message = `${version.selector.join(",")} also selects the pods of ${taken.name} (${taken.path}); add a label that only ${version.name} has`;
    return [{ path: `${version.path}.selector`, message }];
  });
}

function labelledVersions(model: Model, path: string): Omit<Labelled, "index">[] {
  const texts = (labels: Readonly<Record<string, string>>) =>
    Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return model.versions.map(({ name, resourceName, selector, labels }, position) => ({
    path: `${path}.versions[${position}]`,
    name: name ?? resourceName,
    id: resourceName,
    selector: texts(selector),
    labels: new Set(texts(labels)),
  }));
}
