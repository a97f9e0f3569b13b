import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { trainerCommit } from "./apps/trainer/source-commit.ts";
import {
  ApiGateway,
  apiGatewayBackends,
  assignedUser,
  ConfigMaps,
  ExtraObjects,
  environmentWiring,
  GpuNodePool,
  Images,
  LoadTest,
  loadTestUrl,
  ModelService,
  ModelServices,
  ModelStorage,
  Monitoring,
  modelTraffic,
  monitoredModels,
  Namespace,
  NetworkPolicies,
  networkPoliciesOf,
  Patches,
  Secrets,
  sourceWiring,
  Traffic,
  TrainingPipeline,
} from "./components/index.ts";
import { type CostEstimate, estimateCost, failWith, type Stack } from "./config/index.ts";
import { readDashboards } from "./dashboards/index.ts";

/** What a deployed stack tells. */
export interface StackOutputs {
  /** The namespace of the models, for people and tools that call them. */
  readonly namespaceName: pulumi.Output<string>;
  /** The stack's monthly cost, for the minimum and the maximum number of pods that the autoscalers allow. */
  readonly cost: CostEstimate;
}

/** Where the resources of a stack belong. */
export interface StackPlace {
  /** Parent of all resources. @default the Pulumi stack itself */
  readonly parent?: pulumi.Resource;
  /** Provider of all Kubernetes objects. @default one for the setting `cluster` */
  readonly provider?: k8s.Provider;
}

/**
 * Creates everything of a stack, one component after the other.
 *
 * @throws pulumi.RunError naming every patch that fits no object
 */
export function createStack({ name, stack, secretValues }: Stack, place: StackPlace = {}): StackOutputs {
  const { gateway, apiGateway, training, gpuPool, networkPolicies, monitoring, loadTest } = stack;

  const { parent, provider = clusterProvider(stack.cluster) } = place;
  const patches = new Patches(stack.patches);
  const transformations = [...(stack.namespace.assignsUser ? [assignedUser] : []), patches.transformation];
  const after = (...dependsOn: pulumi.Resource[]) => ({
    ...(parent === undefined ? {} : { parent }),
    providers: [provider],
    dependsOn,
    transformations,
  });

  const images =
    "registry" in stack.images
      ? new Images("images", { ...stack.images, tag: name, commit: trainerCommit() })
      : stack.images;

  // Pods that are created before the quota and the limit range would escape both, so everything waits for the namespace.
  const scope = new Namespace("namespace", stack.namespace, after());
  const namespace = scope.name;
  const secrets = new Secrets("secrets", { namespace, secrets: secretValues }, after(scope));
  const configMaps = new ConfigMaps("config-maps", { namespace, configMaps: stack.configMaps }, after(scope));
  const wired = environmentWiring(configMaps, secrets);
  const sourced = sourceWiring(secrets);
  const imageAccess = secrets.imageAccess(stack.images);
  if (gpuPool !== undefined) new GpuNodePool("gpu-pool", gpuPool, after());

  const storageArgs = { ...stack.storage, namespace, imageAccess, trainerImage: images.trainer };
  const storage = new ModelStorage("storage", storageArgs, after(scope, secrets));
  const { modelsClaim, dataClaim } = storage;

  new TrainingPipeline(
    "training",
    {
      ...{ namespace, imageAccess, modelsClaim, dataClaim, trainerImage: images.trainer },
      sequential: training.sequential,
      jobs: training.jobs.map(wired),
      cronJobs: training.cronJobs.map(wired),
      batchJobs: training.batchJobs.map(wired),
    },
    after(scope, secrets, configMaps, storage),
  );

  const models = new ModelServices(
    stack.models.map((model) => {
      const versions = model.versions.map((version) => sourced(wired(version)));
      const args = { ...model, versions, namespace, imageAccess, modelsClaim, image: images.inference };
      return [model.entry, new ModelService(model.entry, args, after(scope, secrets, configMaps, storage))];
    }),
  );

  // Traffic moves only to versions that are ready.
  const routes = stack.models.flatMap(({ entry, traffic }) => {
    if (traffic === undefined || gateway === undefined) return [];
    const args = { ...modelTraffic(entry, traffic, models), namespace, gateway };
    return [new Traffic(entry, args, after(scope, models.service(entry)))];
  });

  if (apiGateway !== undefined) {
    const args = { ...apiGateway, namespace, imageAccess, ...apiGatewayBackends(apiGateway, models, secrets) };
    new ApiGateway("api-gateway", args, after(scope, secrets, ...models.all));
  }

  if (loadTest !== undefined) {
    const args = { ...wired(loadTest), namespace, imageAccess, image: images.inference };
    const url = loadTestUrl(loadTest, models);
    new LoadTest("load-test", { ...args, url }, after(scope, secrets, ...routes, ...models.all));
  }

  if (networkPolicies.enabled) {
    new NetworkPolicies("network", { ...networkPoliciesOf(stack), namespace }, after(scope));
  }

  if (monitoring !== undefined) {
    const dashboards = monitoring.dashboards ? readDashboards() : {};
    const args = { ...monitoring, ...monitoredModels(stack.models), dashboards, namespace: stack.namespace.name };
    new Monitoring("monitoring", args, after(scope));
  }

  new ExtraObjects("extra", { namespace, objects: stack.extraObjects }, after(scope));
  failWith(patches.finish());

  return { namespaceName: namespace, cost: estimateCost(stack) };
}

function clusterProvider({ identifier: clusterIdentifier, ...cluster }: Stack["stack"]["cluster"]): k8s.Provider {
  return new k8s.Provider("cluster", { ...cluster, clusterIdentifier, enableServerSideApply: true });
}
