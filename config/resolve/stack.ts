import { resolveApiGateway } from "../../components/api-gateway/resolve.ts";
import { defaults } from "../../components/defaults/defaults.ts";
import { withDefaults } from "../../components/defaults/with-defaults.ts";
import { sizeText } from "../../components/kubernetes/quantity.ts";
import { resolveLoadTest } from "../../components/load-test/resolve.ts";
import { resolveMonitoring } from "../../components/monitoring/resolve.ts";
import { collectorsOf } from "../../components/network/collectors.ts";
import { gpuPlacement, resolveGpuNodePool } from "../../components/platform/gpu-pool.ts";
import { resolveNamespace, resolveRandomValue } from "../../components/platform/resolve.ts";
import { resolveStorage } from "../../components/storage/resolve.ts";
import { gatewayNamespace, resolveGateway } from "../../components/traffic/gateway.ts";
import { resolveBatchJob, resolveCronJob, resolveTrainingJob } from "../../components/training/resolve.ts";
import type { WrittenStack } from "../schema/stack.ts";
import { longestBody } from "./body-limit.ts";
import { type Immutable, immutable } from "./immutable.ts";
import { withPrometheus } from "./keda.ts";
import { entryOf, resolveModels, type StackModel } from "./models.ts";
import type { StackSettings, Written } from "./settings.ts";
import { resolveWorkloads, type Workloads } from "./workloads.ts";

/** A stack with everything decided, which cannot be changed. */
export type ResolvedStack = Immutable<
  StackSettings & {
    /** Everything that runs pods in the stack's namespace. */
    readonly workloads: Workloads;
  }
>;

/**
 * Decides everything about a stack once: defaults, names, labels, ports, replicas, resources, routes and workloads. Checks,
 * cost estimate and components only read the result. References that lead nowhere are kept, for the checks to report.
 */
export function resolveStack(written: WrittenStack): ResolvedStack {
  const { environment, cluster, configMaps, training, gpuPool, gateway, monitoring, patches, extraObjects } = written;
  const gpus = gpuPlacement(gpuPool);
  const prometheus = monitoring && {
    namespace: monitoring.namespace,
    prometheus: monitoring.prometheus ?? defaults.monitoring.prometheus,
  };
  const models = resolveModels(written, gpus, prometheus);
  const stack: StackSettings = {
    environment,
    cluster,
    configMaps,
    patches,
    extraObjects,
    images: resolveImages(written.images),
    namespace: resolveNamespace({ ...written.namespace, environment }),
    secrets: resolveSecrets(written.secrets),
    storage: resolveStorage(written.storage),
    training: {
      sequential: training.sequential ?? defaults.training.sequential,
      jobs: (training.jobs ?? []).map((job) => resolveTrainingJob(job, gpus)),
      cronJobs: (training.cronJobs ?? []).map((job) => resolveCronJob(job, gpus)),
      batchJobs: (training.batchJobs ?? []).map((job) => resolveBatchJob(job, gpus)),
    },
    models,
    gateway: gateway && resolveGateway(gateway),
    apiGateway:
      written.apiGateway &&
      resolveGatewayRoutes(
        { ...written.apiGateway, autoscaling: withPrometheus(written.apiGateway.autoscaling, prometheus) },
        models,
        configMaps,
      ),
    networkPolicies: resolveNetworkPolicies(written),
    monitoring: monitoring && {
      ...resolveMonitoring(monitoring),
      prometheus: prometheus?.prometheus ?? defaults.monitoring.prometheus,
      dashboards: monitoring.dashboards ?? defaults.monitoring.dashboards,
    },
    gpuPool: gpuPool && resolveGpuNodePool(gpuPool),
    loadTest: written.loadTest && resolveTarget(written.loadTest, models),
    prices: withDefaults<Written<"prices">, keyof Written<"prices">>(defaults.prices, written.prices),
  };
  return immutable({ ...stack, workloads: resolveWorkloads(stack) });
}

function resolveImages(images: Written<"images">): Written<"images"> {
  return "registry" in images ? { ...images, combined: images.combined ?? defaults.images.combined } : images;
}

function resolveSecrets(secrets: Written<"secrets">): Written<"secrets"> {
  type Value = NonNullable<Written<"secrets">[string]["data"]>[string];
  const value = (source: Value): Value => ("random" in source ? { random: resolveRandomValue(source.random) } : source);
  return mapValues(secrets, ({ data, ...secret }) => ({ ...secret, data: data && mapValues(data, value) }));
}

function resolveGatewayRoutes(
  gateway: Written<"apiGateway">,
  models: readonly StackModel[],
  configMaps: Written<"configMaps">,
) {
  const routes = gateway.routes.map(({ path, target = path, model, version }) => ({
    path,
    target,
    model,
    entry: entryOf(model),
    version,
  }));
  const servers = routes.flatMap(({ entry, version }) =>
    models
      .filter((model) => model.entry === entry)
      .flatMap(({ versions }) => versions.find((one) => one.version === version) ?? []),
  );
  const bodyLimit = gateway.bodyLimit ?? sizeText(longestBody(servers, configMaps));
  return { ...resolveApiGateway({ ...gateway, bodyLimit }), routes };
}

function resolveNetworkPolicies({ networkPolicies, gateway, monitoring, models }: WrittenStack) {
  const { enabled, gatewayNamespaceLabels, egress = [], servingNames = {} } = networkPolicies;
  const environments = models.flatMap(({ versions }) => versions.map(({ environment }) => environment ?? {}));
  const byName = (name: string) => ({ "kubernetes.io/metadata.name": name });
  return {
    enabled: enabled ?? defaults.networkPolicies.enabled,
    egress: [...egress, ...collectorsOf(environments)],
    gatewayNamespaceLabels: gateway && (gatewayNamespaceLabels ?? byName(gatewayNamespace(gateway))),
    prometheusNamespaceLabels: monitoring && byName(monitoring.namespace),
    servingNames,
    policyNames: Object.fromEntries(Object.entries(servingNames).map(([model, name]) => [entryOf(model), name])),
  };
}

function resolveTarget(loadTest: Written<"loadTest">, models: readonly StackModel[]) {
  const { model, path = defaults.loadTest.path } = loadTest;
  const entry = model === undefined ? undefined : entryOf(model);
  const version = models.find((candidate) => candidate.entry === entry)?.stable;
  return {
    ...resolveLoadTest(loadTest),
    path,
    // A model that does not exist is reported by the checks.
    target: entry === undefined ? undefined : { entry, version: version ?? "" },
  };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
