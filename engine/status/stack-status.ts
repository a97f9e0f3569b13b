import type { Kubectl, LiveObject } from "../../cluster/kubectl.ts";
import { valueAt } from "./fields.ts";
import { findProblems, PROBLEM_KINDS, type Problem } from "./problems.ts";
import { queuedWorkloads } from "./queue.ts";
import { ROUTE_KINDS, type RouteShare, routeShare } from "./routes.ts";

/** A served version of a model. */
export interface VersionStatus {
  readonly version: string;
  readonly deployment: string;
  /** Ready pods. */
  readonly ready: number;
  /** Desired pods. */
  readonly wanted: number;
  /** Percent of the requests of the model's route; 0 without a route. */
  readonly weight: number;
}

/** A served model. */
export interface ModelStatus {
  readonly name: string;
  readonly namespace: string;
  /** Path prefix of the model at the gateway; undefined without a route. */
  readonly path: string | undefined;
  /** Host of the model at the gateway; undefined if every host is accepted. */
  readonly host: string | undefined;
  /** API key of the model; undefined if it requires none. */
  readonly apiKey?: string | undefined;
  readonly versions: readonly VersionStatus[];
}

/** A Service of type NodePort or LoadBalancer, with its port on the nodes. */
export interface NodePortStatus {
  readonly namespace: string;
  readonly service: string;
  readonly nodePort: number;
}

/** Status of the platform's stacks in a cluster. */
export interface StackStatus {
  readonly models: readonly ModelStatus[];
  readonly nodePorts: readonly NodePortStatus[];
  readonly problems: readonly Problem[];
}

const SELECTOR = "--selector=app.kubernetes.io/part-of=ml-platform";

/** Reads what is running, each version's share of the requests, and problems. Read-only. */
export async function stackStatus(kubectl: Kubectl): Promise<StackStatus> {
  const namespaces = await kubectl.get(["namespaces", SELECTOR]);
  if (namespaces.length === 0) return { models: [], nodePorts: [], problems: [] };
  const [served, routes, nodes, ...watched] = await Promise.all([
    kubectl.get(["deployments,services", "--all-namespaces", SELECTOR]),
    kubectl.get([ROUTE_KINDS, "--all-namespaces", SELECTOR]),
    kubectl.get(["nodes"]),
    ...namespaces.flatMap(({ metadata }) => [
      kubectl.get([PROBLEM_KINDS, `--namespace=${metadata.name}`]),
      kubectl.getKnown("scaledobjects.keda.sh", [`--namespace=${metadata.name}`]),
    ]),
  ]);
  const deployments = served.filter(({ kind, metadata }) => kind === "Deployment" && metadata.labels?.["model"]);
  const services = served.filter(({ kind }) => kind === "Service");
  const keys = new ApiKeys(kubectl);
  const live = watched.flat();
  const models = modelStatuses(deployments, services, routes).map(async (model) => {
    const own = deployments.filter(({ metadata }) => metadata.namespace === model.namespace);
    return { ...model, apiKey: await keys.of(own.filter((deployment) => modelName(deployment) === model.name)) };
  });
  return {
    models: await Promise.all(models),
    nodePorts: nodePortsOf(services),
    problems: findProblems(live, [...live, ...nodes, ...(await queuedWorkloads(kubectl, live))]),
  };
}

/** URL of the Gateway of the stacks' routes; undefined if it has no address yet. */
export async function gatewayAddress(kubectl: Kubectl): Promise<string | undefined> {
  const [route] = await kubectl.get(["httproutes.gateway.networking.k8s.io", "--all-namespaces", SELECTOR]);
  const parents = (route === undefined ? [] : valueAt(route, "spec.parentRefs")) as {
    name: string;
    namespace: string;
  }[];
  for (const { name, namespace } of parents) {
    const [gateway] = await kubectl.get(["gateways.gateway.networking.k8s.io", name, `--namespace=${namespace}`]);
    if (gateway === undefined) continue;
    const addresses = (valueAt(gateway, "status.addresses") ?? []) as { value: string }[];
    const listeners = (valueAt(gateway, "spec.listeners") ?? []) as { port: number; protocol: string }[];
    const listener = listeners.find(({ protocol }) => protocol === "HTTP");
    if (addresses[0] !== undefined && listener !== undefined) return `http://${addresses[0].value}:${listener.port}`;
  }
  return undefined;
}

/** The Services with a port on the nodes, each with its port for requests: the one named http, otherwise the first. */
export function nodePortsOf(services: readonly LiveObject[]): NodePortStatus[] {
  return services.flatMap((service) => {
    const ports = (valueAt(service, "spec.ports") ?? []) as readonly { name?: string; nodePort?: number }[];
    const nodePort = (ports.find(({ name }) => name === "http") ?? ports[0])?.nodePort;
    const { name, namespace = "" } = service.metadata;
    return nodePort === undefined ? [] : [{ namespace, service: name, nodePort }];
  });
}

/** Joins Deployments, Services and routes into the status of each model in each namespace. */
export function modelStatuses(
  deployments: readonly LiveObject[],
  services: readonly LiveObject[],
  routes: readonly LiveObject[],
): ModelStatus[] {
  const byModel = Map.groupBy(deployments, (deployment) => `${modelName(deployment)} ${deployment.metadata.namespace}`);
  return [...byModel.values()].map((own) => modelStatus(own, services, routes)).toSorted(byName);
}

function byName(a: ModelStatus, b: ModelStatus): number {
  return a.name.localeCompare(b.name) || a.namespace.localeCompare(b.namespace);
}

/** The status of the model of the given Deployments. */
function modelStatus(
  own: readonly LiveObject[],
  services: readonly LiveObject[],
  routes: readonly LiveObject[],
): ModelStatus {
  const shares = own.map((deployment) => shareOf(deployment, services, routes));
  const routed = shares.find((share) => share !== undefined);
  const [first] = own;
  return {
    name: first === undefined ? "" : modelName(first),
    namespace: first?.metadata.namespace ?? "",
    path: routed?.path,
    host: routed?.host,
    versions: own.map((deployment, index) => ({
      version: environmentValue(deployment, "MODEL_VERSION") ?? "",
      deployment: deployment.metadata.name,
      ready: Number(valueAt(deployment, "status.readyReplicas") ?? 0),
      wanted: Number(valueAt(deployment, "spec.replicas") ?? 0),
      weight: shares[index]?.percent ?? 0,
    })),
  };
}

/** The share of requests that a route sends to a Deployment's Services. */
function shareOf(
  deployment: LiveObject,
  services: readonly LiveObject[],
  routes: readonly LiveObject[],
): RouteShare | undefined {
  const { namespace } = deployment.metadata;
  const podLabels = valueAt(deployment, "spec.template.metadata.labels") as Record<string, string>;
  const own = services.filter((service) => {
    const selector = Object.entries((valueAt(service, "spec.selector") ?? {}) as Record<string, string>);
    return service.metadata.namespace === namespace && selector.every(([label, value]) => podLabels[label] === value);
  });
  return routeShare(
    new Set(own.map(({ metadata }) => metadata.name)),
    routes.filter(({ metadata }) => metadata.namespace === namespace),
  );
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } };
}

function variables(deployment: LiveObject): readonly Variable[] {
  const containers = (valueAt(deployment, "spec.template.spec.containers") ?? []) as { env?: readonly Variable[] }[];
  return containers.flatMap(({ env }) => env ?? []);
}

function environmentValue(deployment: LiveObject, variable: string): string | undefined {
  return variables(deployment).find(({ name }) => name === variable)?.value;
}

function modelName(deployment: LiveObject): string {
  return environmentValue(deployment, "MODEL_NAME") ?? deployment.metadata.name;
}

/** Reads API keys from the Secrets of Deployments, each Secret once. */
class ApiKeys {
  readonly #kubectl: Kubectl;
  readonly #secrets = new Map<string, Promise<LiveObject | undefined>>();

  constructor(kubectl: Kubectl) {
    this.#kubectl = kubectl;
  }

  /** The API key of the first of the given Deployments that has one in a Secret. */
  async of(deployments: readonly LiveObject[]): Promise<string | undefined> {
    for (const deployment of deployments) {
      const source = variables(deployment).find(({ name }) => name === "API_KEY")?.valueFrom?.secretKeyRef;
      if (source === undefined) continue;
      const secret = await this.#secret(deployment.metadata.namespace ?? "", source.name);
      const value = (secret?.["data"] as Record<string, string> | undefined)?.[source.key];
      if (value !== undefined) return Buffer.from(value, "base64").toString("utf8");
    }
    return undefined;
  }

  #secret(namespace: string, name: string): Promise<LiveObject | undefined> {
    const key = `${namespace}/${name}`;
    const known = this.#secrets.get(key);
    if (known !== undefined) return known;
    const asked = this.#kubectl.get(["secret", name, `--namespace=${namespace}`]).then(([secret]) => secret);
    this.#secrets.set(key, asked);
    return asked;
  }
}
