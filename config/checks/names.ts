import { createdClaims } from "../../components/storage/resolve.ts";
import { meetingService } from "../../components/training/workers.ts";
import type { ResolvedStack } from "../resolve/stack.ts";
import { type ConfigProblem, duplicates } from "./problem.ts";

/** The name of an object, or a port on every node, and where it is decided. */
interface Given {
  readonly value: string;
  readonly path: string;
  /** Whether it is made up from other names, so that another object has to give way. @default false */
  readonly made?: boolean;
}

type Model = ResolvedStack["models"][number];
type Version = Model["versions"][number];

/** Names that two objects of one kind cannot share, and ports that two Services cannot share. */
export function checkNames(stack: ResolvedStack): ConfigProblem[] {
  return [
    ...Object.values(namesByKind(stack)).flatMap(duplicateNames),
    ...duplicateNames(nodePorts(stack)),
    ...checkJobNames(stack),
    ...checkServiceNames(stack),
  ];
}

/** The Services by which the workers of Jobs with images of their own find each other. */
function meetingServices({ training }: ResolvedStack): Given[] {
  const { jobs, cronJobs } = training;
  return Object.entries({ jobs, cronJobs }).flatMap(([kind, list]) =>
    list.flatMap((job, index) => {
      const service = meetingService(job);
      return service === undefined ? [] : [{ value: service, path: `training.${kind}[${index}].name` }];
    }),
  );
}

function duplicateNames(given: readonly Given[]): ConfigProblem[] {
  const fixed = given.filter(({ made }) => made !== true);
  const made = new Map(given.filter((one) => one.made === true).map((one) => [one.value, one.path]));
  return [
    ...duplicates(
      fixed,
      ({ value }) => value,
      (index) => fixed[index]?.path ?? "",
    ),
    ...fixed.flatMap(({ value, path }) => {
      const other = made.get(value);
      if (other === undefined) return [];
      return [
        { path, message: `"${value}" is also what ${other} is called without a name of its own; choose another name` },
      ];
    }),
  ];
}

/** Every version with its path. */
function versionsOf({ models }: ResolvedStack): { readonly path: string; readonly version: Version }[] {
  return models.flatMap(({ versions }, index) =>
    versions.map((version, position) => ({ path: `models[${index}].versions[${position}]`, version })),
  );
}

/** The Services of all versions, and of the API gateway, with the names that they get without one of their own. */
function servicesOf(stack: ResolvedStack) {
  const { apiGateway } = stack;
  return [
    ...versionsOf(stack).flatMap(({ path, version }) => [
      { path: `${path}.service`, service: version.service, made: version.resourceName },
      ...version.additionalServices.map((service, index) => ({
        path: `${path}.additionalServices[${index}]`,
        service,
        made: `${version.resourceName}-${service.name ?? index + 2}`,
      })),
    ]),
    ...(apiGateway === undefined
      ? []
      : [{ path: "apiGateway.service", service: apiGateway.service, made: "api-gateway" }]),
  ];
}

function nodePorts(stack: ResolvedStack): Given[] {
  return servicesOf(stack).flatMap(({ path, service: { nodePort } }) =>
    nodePort === undefined ? [] : [{ value: String(nodePort), path: `${path}.nodePort` }],
  );
}

/**
 * Names of each kind of object. Under the engine, names that Pulumi makes up never collide; in rendered files they are the ones
 * here. Made-up names of ConfigMaps, Secrets and Jobs end with a hash.
 */
function namesByKind(stack: ResolvedStack): Readonly<Record<string, Given[]>> {
  const { training, storage, apiGateway, loadTest } = stack;
  const fixed = (path: string, value: string | undefined): Given[] => (value === undefined ? [] : [{ value, path }]);
  const name = (path: string, value: string | undefined, made: string): Given =>
    value === undefined ? { value: made, path, made: true } : { value, path: `${path}.name` };
  const versions = versionsOf(stack);
  const cronJobs = (list: readonly { readonly name: string }[], path: string) =>
    list.flatMap(({ name: value }, index) => fixed(`${path}[${index}].name`, value));
  /** Objects that not every Deployment has. */
  const optional = (setting: "autoscaling" | "disruptionBudget") => [
    ...versions.flatMap(({ path, version }) => {
      const object = version[setting];
      return object === undefined ? [] : [name(`${path}.${setting}`, object.name, version.resourceName)];
    }),
    ...(apiGateway?.[setting] === undefined
      ? []
      : [name(`apiGateway.${setting}`, apiGateway[setting].name, "api-gateway")]),
  ];
  return {
    deployments: [
      ...versions.map(({ path, version }) => name(path, version.name, version.resourceName)),
      ...fixed("apiGateway.name", apiGateway?.name),
    ],
    services: [
      ...servicesOf(stack).map(({ path, service, made }) => name(path, service.name, made)),
      ...meetingServices(stack),
    ],
    autoscalers: optional("autoscaling"),
    disruptionBudgets: optional("disruptionBudget"),
    routes: routesOf(stack),
    networkPolicies: networkPoliciesOf(stack),
    configMaps: [
      ...Object.entries(stack.configMaps).flatMap(([key, configMap]) =>
        "data" in configMap ? fixed(`configMaps.${key}.name`, configMap.name) : [],
      ),
      ...fixed("apiGateway.configName", apiGateway?.configName),
    ],
    secrets: Object.entries(stack.secrets).flatMap(([key, { name: value }]) => fixed(`secrets.${key}.name`, value)),
    claims: [
      ...Object.entries(createdClaims(storage)).map(([path, claim]) => name(path, claim.name, path.replace(".", "-"))),
    ],
    jobs: [
      ...(storage.init === false ? [] : fixed("storage.init.name", storage.init.name)),
      ...training.jobs.flatMap(({ jobName }, index) => fixed(`training.jobs[${index}].name`, jobName)),
      ...fixed("loadTest.name", loadTest?.jobName),
    ],
    cronJobs: [
      ...cronJobs(training.cronJobs, "training.cronJobs"),
      ...cronJobs(training.batchJobs, "training.batchJobs"),
    ],
  };
}

/** HTTPRoutes with those that redirect, or Ingresses with those of canaries. */
function routesOf({ models, gateway }: ResolvedStack): Given[] {
  return models.flatMap(({ entry, traffic }, index) => {
    if (traffic === undefined) return [];
    const path = `models[${index}].traffic`;
    const { name, canaryName, canary } = traffic;
    const route = name === undefined ? { value: entry, path, made: true } : { value: name, path: `${path}.name` };
    const second = (value: string, made: boolean, setting: string) => [
      route,
      { value, path: made ? path : `${path}.${setting}`, made },
    ];
    if (gateway?.api === "Ingress") {
      if (canary === undefined) return [route];
      return second(canaryName ?? `${entry}-canary`, canaryName === undefined, "canaryName");
    }
    if (traffic.tls?.redirect !== true) return [route];
    return second(`${name ?? entry}-redirect`, name === undefined, "name");
  });
}

function networkPoliciesOf({ networkPolicies, models }: ResolvedStack): Given[] {
  if (!networkPolicies.enabled) return [];
  const { servingNames, policyNames } = networkPolicies;
  const path = "networkPolicies";
  const made = (name: string): Given => ({ value: `network-${name}`, path, made: true });
  return [
    ...Object.entries(servingNames).map(([model, value]) => ({ value, path: `${path}.servingNames.${model}` })),
    ...["deny", "dns", "metrics", "api-gateway", "load-test", "egress"].map(made),
    ...models.flatMap(({ entry }) => [
      made(`external-${entry}`),
      ...(policyNames[entry] === undefined ? [made(`serve-${entry}`)] : []),
    ]),
  ];
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

/** Longest name of a Service, without the hyphen and the eight characters that Pulumi adds to a name that it makes up. */
const MOST_OF_SERVICE = 63 - 9;

/** A made-up name of a Service must be a valid one. */
function checkServiceNames(stack: ResolvedStack): ConfigProblem[] {
  const workers = meetingServices(stack).flatMap(({ value, path }) =>
    /^[a-z]/.test(value)
      ? []
      : [{ path, message: "must begin with a letter: the Service of the workers has the same name" }],
  );
  const versions = servicesOf(stack).flatMap(({ path, service, made }) => {
    if (service.name !== undefined) return [];
    const wrong = /^[a-z]/.test(made)
      ? made.length > MOST_OF_SERVICE && `has ${made.length} characters, ${MOST_OF_SERVICE} at most`
      : "does not begin with a letter, as names of Services must";
    if (wrong === false) return [];
    return [
      {
        path: `${path}.name`,
        message: `is missing, and the Service would be called "${made}", which ${wrong}; set it`,
      },
    ];
  });
  return [...versions, ...workers];
}
