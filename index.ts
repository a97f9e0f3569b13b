import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { trainerCommit } from "./apps/trainer/source-commit.ts";
import {
  ApiGateway,
  type Backend,
  ConfigMaps,
  GpuNodePool,
  gatewayNamespace,
  gpuPlacement,
  type ImageAccess,
  Images,
  kubernetesName,
  LoadTest,
  ModelService,
  ModelStorage,
  Monitoring,
  Namespace,
  NetworkPolicies,
  Secrets,
  Traffic,
  TrainingPipeline,
} from "./components/index.ts";
import { estimateCost, loadStack } from "./config/index.ts";
import { readDashboards } from "./dashboards/index.ts";

// Pulumi keeps a stack trace for each of its thousands of promises, and maps every one of them to sources from before
// compilation, which a program that Node.js runs as it is does not have: a third of the program's time.
Reflect.deleteProperty(Error, "prepareStackTrace");

const stack = loadStack();
const { config } = stack;

const provider = new k8s.Provider("cluster", {
  kubeconfig: config.cluster.kubeconfig,
  context: config.cluster.context,
  clusterIdentifier: config.cluster.identifier,
  enableServerSideApply: true,
});
const onCluster = (...dependsOn: pulumi.Resource[]): pulumi.ComponentResourceOptions => ({
  providers: [provider],
  dependsOn,
});

const images =
  "registry" in config.images
    ? new Images("images", { ...config.images, tag: stack.name, commit: trainerCommit() })
    : config.images;

// Pods made before the quota and the limit range would escape both, so everything waits for the namespace.
const namespace = new Namespace("namespace", { ...config.namespace, environment: config.environment }, onCluster());

const secrets = new Secrets("secrets", { namespace: namespace.name, secrets: stack.secrets }, onCluster(namespace));

const configMaps = new ConfigMaps(
  "config-maps",
  { namespace: namespace.name, configMaps: config.configMaps },
  onCluster(namespace),
);

/** A workload with the ConfigMaps and Secrets that it names. */
const wired = <T extends { readonly configMaps?: readonly string[]; readonly secrets?: readonly string[] }>(
  workload: T,
) => ({
  ...workload,
  configMaps: configMaps.references(workload.configMaps),
  secrets: (workload.secrets ?? []).map((name) => secrets.nameOf(name)),
});

const { pullPolicy, pullSecret } = config.images;
const imageAccess: ImageAccess = {
  pullPolicy,
  pullSecret: pullSecret === undefined ? undefined : secrets.nameOf(pullSecret),
};

const storage = new ModelStorage(
  "storage",
  { ...config.storage, namespace: namespace.name, trainerImage: images.trainer, imageAccess },
  onCluster(namespace, secrets),
);
const volumes = {
  namespace: namespace.name,
  modelsClaim: storage.modelsClaim,
  dataClaim: storage.dataClaim,
  imageAccess,
};

if (config.gpuPool !== undefined) new GpuNodePool("gpu-pool", config.gpuPool, onCluster());

const { jobs = [], cronJobs = [], batchJobs = [], ...pipeline } = config.training;
new TrainingPipeline(
  "training",
  {
    ...pipeline,
    ...volumes,
    trainerImage: images.trainer,
    gpuPlacement: config.gpuPool && gpuPlacement(config.gpuPool),
    jobs: jobs.map(wired),
    cronJobs: cronJobs.map(wired),
    batchJobs: batchJobs.map(wired),
  },
  onCluster(namespace, secrets, configMaps, storage),
);

const services = new Map<string, { service: ModelService; stable: string }>();
const routes: Traffic[] = [];
/** Where a version of a model answers, by the name of the model's entry or its own. */
const backendOf = (model: string, version: string): Backend => {
  const served = services.get(kubernetesName(model));
  if (served === undefined) throw new Error(`there is no model "${model}"`);
  return served.service.backend(version);
};
for (const { model, name: entry = kubernetesName(model), traffic, versions, ...serving } of config.models) {
  const service = new ModelService(
    entry,
    {
      ...serving,
      ...volumes,
      model,
      entry,
      image: images.inference,
      versions: versions.map((version) => ({
        ...wired(version),
        secretEnvironment: secrets.references(version.secretEnvironment),
      })),
    },
    onCluster(namespace, secrets, configMaps, storage),
  );
  services.set(entry, { service, stable: traffic?.stable ?? versions[0]?.version ?? "" });
  if (traffic !== undefined && config.gateway !== undefined) {
    const { stable, canary, mirror, ...route } = traffic;
    routes.push(
      new Traffic(
        entry,
        {
          canaryWeight: canary === undefined ? 0 : config.canaryWeight,
          ...route,
          namespace: namespace.name,
          gateway: config.gateway,
          stable: service.backend(stable),
          canary: canary === undefined ? undefined : service.backend(canary),
          mirror: mirror === undefined ? undefined : { ...mirror, backend: service.backend(mirror.version) },
        },
        // Traffic moves only onto versions that are ready.
        onCluster(namespace, service),
      ),
    );
  }
}

if (config.apiGateway !== undefined) {
  const { routes: paths, apiKey, ...gateway } = config.apiGateway;
  new ApiGateway(
    "api-gateway",
    {
      ...gateway,
      namespace: namespace.name,
      imageAccess,
      routes: paths.map(({ path, target, model, version }) => ({ path, target, backend: backendOf(model, version) })),
      apiKey: apiKey === undefined ? undefined : { secret: secrets.nameOf(apiKey.secret), key: apiKey.key },
    },
    onCluster(namespace, secrets, ...[...services.values()].map(({ service }) => service)),
  );
}

if (config.loadTest !== undefined) {
  const { url, model = "", path = "/predict", secretEnvironment, ...test } = config.loadTest;
  const asked = services.get(kubernetesName(model));
  new LoadTest(
    "load-test",
    {
      ...test,
      namespace: namespace.name,
      image: images.inference,
      imageAccess,
      url: pulumi.interpolate`${asked?.service.address(asked.stable) ?? url}${path}`,
      secretEnvironment: secrets.references(secretEnvironment),
    },
    onCluster(namespace, secrets, ...routes, ...[...services.values()].map(({ service }) => service)),
  );
}

if (config.networkPolicies.enabled === true) {
  const { gatewayNamespaceLabels, servingNames = {} } = config.networkPolicies;
  const namespaceLabels = (name: string) => ({ "kubernetes.io/metadata.name": name });
  const policyNames = new Map(Object.entries(servingNames).map(([model, name]) => [kubernetesName(model), name]));
  const behindApiGateway = new Set(config.apiGateway?.routes.map(({ model }) => kubernetesName(model)));
  new NetworkPolicies(
    "network",
    {
      namespace: namespace.name,
      models: config.models.map(({ model, name: entry = kubernetesName(model), app, versions, traffic }) => ({
        entry,
        app,
        versions,
        policyName: policyNames.get(entry),
        fromGateway: traffic !== undefined,
        fromApiGateway: behindApiGateway.has(entry),
      })),
      gatewayNamespace: config.gateway && (gatewayNamespaceLabels ?? namespaceLabels(gatewayNamespace(config.gateway))),
      prometheusNamespace: config.monitoring && namespaceLabels(config.monitoring.namespace),
      apiGateway: config.apiGateway,
      loadTest: config.loadTest !== undefined,
    },
    onCluster(namespace),
  );
}

if (config.monitoring !== undefined) {
  const { namespace: _prometheus, dashboards = true, ...monitoring } = config.monitoring;
  new Monitoring(
    "monitoring",
    {
      ...monitoring,
      namespace: config.namespace.name,
      apps: [...new Set(config.models.map(({ model, name = kubernetesName(model), app = name }) => app))],
      compared: config.models.flatMap(({ model, traffic }) =>
        traffic?.canary === undefined ? [] : [{ model, stable: traffic.stable, canary: traffic.canary }],
      ),
      dashboards: dashboards ? readDashboards() : {},
    },
    onCluster(namespace),
  );
}

/** Where the models are, for the people and the tools that call them. */
export const namespaceName = namespace.name;

/** What the stack costs a month, from the fewest to the most pods that the autoscalers allow. */
export const cost = estimateCost(config);
