import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import {
  Images,
  kubernetesName,
  ModelService,
  ModelStorage,
  Namespace,
  Secrets,
  Traffic,
  TrainingPipeline,
} from "./components/index.ts";
import { loadStack } from "./config/index.ts";

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
  "registry" in config.images ? new Images("images", { ...config.images, tag: stack.name }) : config.images;

// Pods made before the quota and the limit range would escape both, so everything waits for the namespace.
const namespace = new Namespace("namespace", { ...config.namespace, environment: config.environment }, onCluster());

const secrets = new Secrets("secrets", { namespace: namespace.name, secrets: stack.secrets }, onCluster(namespace));

const storage = new ModelStorage(
  "storage",
  { ...config.storage, namespace: namespace.name, trainerImage: images.trainer },
  onCluster(namespace),
);
const volumes = { namespace: namespace.name, modelsClaim: storage.modelsClaim, dataClaim: storage.dataClaim };

new TrainingPipeline(
  "training",
  { ...config.training, ...volumes, trainerImage: images.trainer },
  onCluster(namespace, storage),
);

for (const { model, traffic, versions, ...serving } of config.models) {
  const name = kubernetesName(model);
  const service = new ModelService(
    name,
    {
      ...serving,
      ...volumes,
      model,
      image: images.inference,
      versions: versions.map((version) => ({
        ...version,
        secretEnvironment: secrets.references(version.secretEnvironment),
      })),
    },
    onCluster(namespace, secrets, storage),
  );
  if (traffic !== undefined && config.gateway !== undefined) {
    const { stable, canary, ...route } = traffic;
    new Traffic(
      name,
      {
        canaryWeight: canary === undefined ? 0 : config.canaryWeight,
        ...route,
        namespace: namespace.name,
        gateway: config.gateway,
        stable: service.backend(stable),
        canary: canary === undefined ? undefined : service.backend(canary),
      },
      // Traffic moves only onto versions that are ready.
      onCluster(namespace, service),
    );
  }
}

/** Where the models are, for the people and the tools that call them. */
export const namespaceName = namespace.name;
