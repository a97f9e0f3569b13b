import type { Kubectl, LiveObject } from "../kubectl.ts";
import { valueAt } from "./fields.ts";
import { findProblems, PROBLEM_KINDS, type Problem } from "./problems.ts";

/** One version of a model as it is served. */
export interface VersionStatus {
  readonly version: string;
  readonly namespace: string;
  readonly deployment: string;
  /** Pods that answer. */
  readonly ready: number;
  /** Pods that are wanted. */
  readonly wanted: number;
  /** Percent of the requests of the model's route that go to the version; 0 where no route sends any. */
  readonly weight: number;
}

/** One model as it is served. */
export interface ModelStatus {
  readonly name: string;
  /** Path prefix of the model at the gateway; undefined where no route leads to it. */
  readonly path: string | undefined;
  /** Host of the model at the gateway; undefined where every host will do. */
  readonly host: string | undefined;
  readonly versions: readonly VersionStatus[];
}

/** What the platform's stacks run in a cluster. */
export interface StackStatus {
  readonly models: readonly ModelStatus[];
  readonly problems: readonly Problem[];
  /** API key of the models; undefined where they ask for none. */
  readonly apiKey: string | undefined;
}

const SELECTOR = "--selector=app.kubernetes.io/part-of=ml-platform";

interface Rule {
  readonly matches?: readonly { readonly path?: { readonly value?: string }; readonly headers?: readonly unknown[] }[];
  readonly backendRefs?: readonly { readonly name: string; readonly weight?: number }[];
}

/** Reads what runs, which version gets which share of the requests, and what is wrong. Changes nothing. */
export async function stackStatus(kubectl: Kubectl): Promise<StackStatus> {
  const namespaces = await kubectl.get(["namespaces", SELECTOR]);
  if (namespaces.length === 0) return { models: [], problems: [], apiKey: undefined };
  const [served, routes, ...watched] = await Promise.all([
    kubectl.get(["deployments,services", "--all-namespaces", SELECTOR]),
    kubectl.get(["httproutes.gateway.networking.k8s.io", "--all-namespaces", SELECTOR]),
    ...namespaces.map(({ metadata }) => kubectl.get([PROBLEM_KINDS, `--namespace=${metadata.name}`])),
  ]);
  const deployments = served.filter(({ kind, metadata }) => kind === "Deployment" && metadata.labels?.["model"]);
  const services = served.filter(({ kind }) => kind === "Service");
  return {
    models: modelStatuses(deployments, services, routes),
    problems: findProblems(watched.flat()),
    apiKey: await findApiKey(kubectl, deployments),
  };
}

/** URL of the Gateway that the stacks' routes attach to; undefined where it has no address yet. */
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

/** Joins Deployments, Services and routes into what is served where. */
export function modelStatuses(
  deployments: readonly LiveObject[],
  services: readonly LiveObject[],
  routes: readonly LiveObject[],
): ModelStatus[] {
  const names = [...new Set(deployments.map(modelName))].toSorted();
  return names.map((name) => {
    const own = deployments.filter((deployment) => modelName(deployment) === name);
    const shares = own.map((deployment) => routeShare(deployment, services, routes));
    const routed = shares.find((share) => share !== undefined);
    return {
      name,
      path: routed?.path,
      host: routed?.host,
      versions: own.map((deployment, index) => ({
        version: environmentValue(deployment, "MODEL_VERSION") ?? "",
        namespace: deployment.metadata.namespace ?? "",
        deployment: deployment.metadata.name,
        ready: Number(valueAt(deployment, "status.readyReplicas") ?? 0),
        wanted: Number(valueAt(deployment, "spec.replicas") ?? 0),
        weight: shares[index]?.percent ?? 0,
      })),
    };
  });
}

/** The share of requests that a route's rule for all requests sends to a Deployment's Service. */
function routeShare(
  deployment: LiveObject,
  services: readonly LiveObject[],
  routes: readonly LiveObject[],
): { percent: number; path: string; host: string | undefined } | undefined {
  const { namespace } = deployment.metadata;
  const podLabels = valueAt(deployment, "spec.template.metadata.labels") as Record<string, string>;
  const own = services.filter((service) => {
    const selector = Object.entries((valueAt(service, "spec.selector") ?? {}) as Record<string, string>);
    return service.metadata.namespace === namespace && selector.every(([label, value]) => podLabels[label] === value);
  });
  for (const route of routes.filter(({ metadata }) => metadata.namespace === namespace)) {
    const rules = (valueAt(route, "spec.rules") ?? []) as readonly Rule[];
    const rule = rules.find(({ matches }) => (matches ?? []).every(({ headers }) => headers === undefined));
    const backends = rule?.backendRefs ?? [];
    const backend = backends.find(({ name }) => own.some((service) => service.metadata.name === name));
    if (backend === undefined) continue;
    const total = backends.reduce((sum, { weight }) => sum + (weight ?? 1), 0);
    const hosts = valueAt(route, "spec.hostnames") as readonly string[] | undefined;
    return {
      percent: total === 0 ? 0 : (100 * (backend.weight ?? 1)) / total,
      path: rule?.matches?.[0]?.path?.value ?? "/",
      host: hosts?.[0],
    };
  }
  return undefined;
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

/** The key that the first model with one takes from a Secret. */
async function findApiKey(kubectl: Kubectl, deployments: readonly LiveObject[]): Promise<string | undefined> {
  for (const deployment of deployments) {
    const source = variables(deployment).find(({ name }) => name === "API_KEY")?.valueFrom?.secretKeyRef;
    if (source === undefined) continue;
    const [secret] = await kubectl.get(["secret", source.name, `--namespace=${deployment.metadata.namespace}`]);
    const encoded = secret === undefined ? undefined : valueAt(secret, "data");
    const value = (encoded as Record<string, string> | undefined)?.[source.key];
    if (value !== undefined) return Buffer.from(value, "base64").toString("utf8");
  }
  return undefined;
}
