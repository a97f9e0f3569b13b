import type { PlacementArgs } from "./kubernetes/container.ts";
import type { Resources } from "./kubernetes/pod.ts";

/*
 * Numbers that apply where a stack gives none. They stand here, apart from the components, so that the checks at preview
 * and the cost estimate count with the same ones.
 */

/** Requests and limits of a server container that names none. */
export const defaultServerResources: Resources = {
  requests: { cpu: "500m", memory: "1Gi" },
  limits: { cpu: "2", memory: "2Gi" },
};

/** Requests and limits of a trainer container that names none. */
export const defaultTrainerResources: Resources = {
  requests: { cpu: "250m", memory: "256Mi" },
  limits: { cpu: "1", memory: "1Gi" },
};

/** Requests and limits of a load-test container that names none. */
export const defaultLoadTestResources: Resources = {
  requests: { cpu: "100m", memory: "128Mi" },
  limits: { cpu: "200m", memory: "256Mi" },
};

/** Requests and limits of the API gateway's container that names none. */
export const defaultApiGatewayResources: Resources = {
  requests: { cpu: "100m", memory: "64Mi" },
  limits: { cpu: "200m", memory: "128Mi" },
};

/** Pods of an API gateway that names no number. */
export const DEFAULT_API_GATEWAY_REPLICAS = 2;

/** Requests and limits of the device plugin's container that names none. */
export const defaultDevicePluginResources: Resources = {
  requests: { cpu: "50m", memory: "64Mi" },
  limits: { cpu: "200m", memory: "256Mi" },
};

/** Pods of a version that names no number. */
export const DEFAULT_REPLICAS = 1;

/** How a version rolls where nothing else is said: one more pod, and never one less. */
export const defaultRollout = { maxSurge: 1, maxUnavailable: 0 };

/** Clients of a load test at once. */
export const DEFAULT_LOAD_TEST_CLIENTS = 5;

/**
 * Prices of the cost estimate. CPU and storage as in the cost example of the guide that the `ml-workloads` stack follows;
 * memory and GPU (one NVIDIA T4) are rounded list prices of the large clouds: put in your own.
 */
export const defaultPrices = {
  currency: "USD",
  cpuHour: 0.04,
  memoryGiBHour: 0.005,
  gpuHour: 0.35,
  storageGiBMonth: 0.1,
};

/** Ports of the inference container. */
export const HTTP_PORT = 8080;
export const METRICS_PORT = 9090;

/** Port of a Service that names none. */
export const DEFAULT_SERVICE_PORT = 80;

/** What a pod asks for to get a GPU. */
export const GPU_RESOURCE = "nvidia.com/gpu";

/** The nodes with GPUs, and the taint that keeps other pods away from them. */
export const gpuNodes: Required<PlacementArgs> = {
  nodeSelector: { accelerator: "nvidia-gpu" },
  tolerations: [{ key: GPU_RESOURCE, operator: "Exists", effect: "NoSchedule" }],
};
