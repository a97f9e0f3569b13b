export { API_GATEWAY_IMAGE, ApiGateway, type ApiGatewayArgs, type ApiGatewayRoute } from "./api-gateway/api-gateway.ts";
export type { AutoscalingArgs, DisruptionBudgetArgs, ScalingRules } from "./kubernetes/autoscaling.ts";
export type { EnvironmentSources, ImageAccess, PlacementArgs, Toleration } from "./kubernetes/container.ts";
export { kubernetesName } from "./kubernetes/names.ts";
export type { Resources } from "./kubernetes/pod.ts";
export type { ProbeArgs, ProbesArgs } from "./kubernetes/probes.ts";
export { LoadTest, type LoadTestArgs } from "./load-test/load-test.ts";
export type { AlertBounds, ComparedVersions } from "./monitoring/alerts.ts";
export { Monitoring, type MonitoringArgs } from "./monitoring/monitoring.ts";
export { NetworkPolicies, type NetworkPoliciesArgs, type ServedModel } from "./network/network-policies.ts";
export { type ConfigMapArgs, type ConfigMapRef, ConfigMaps, type ConfigMapsArgs } from "./platform/config-maps.ts";
export {
  type DevicePluginArgs,
  GpuNodePool,
  type GpuNodePoolArgs,
  gpuPlacement,
  type TaintArgs,
} from "./platform/gpu-node-pool.ts";
export { Images, type ImagesArgs } from "./platform/images.ts";
export { type LimitRangeItem, Namespace, type NamespaceArgs } from "./platform/namespace.ts";
export {
  type RegistryCredentials,
  type SecretArgs,
  Secrets,
  type SecretsArgs,
  type SecretValue,
} from "./platform/secrets.ts";
export { ModelService, type ModelServiceArgs, type ServedVersion } from "./serving/model-service.ts";
export type {
  ContainerArgs,
  ModelVersionArgs,
  RolloutArgs,
  SchedulingArgs,
  SecretKey,
  ServiceArgs,
} from "./serving/version-args.ts";
export { type ClaimArgs, ModelStorage, type ModelStorageArgs, type SeedModel } from "./storage/model-storage.ts";
export { type GatewayRef, gatewayNamespace, type HttpRouteGateway, type IngressGateway } from "./traffic/gateway.ts";
export { Traffic } from "./traffic/traffic.ts";
export type { Backend, MirrorArgs, RateLimitArgs, RetryArgs, TlsArgs, TrafficArgs } from "./traffic/traffic-args.ts";
export type { JobRunArgs } from "./training/trainer-job.ts";
export type { BatchArgs, TrainArgs } from "./training/training-commands.ts";
export {
  type BatchJobArgs,
  type ScheduleArgs,
  type TrainingCronJobArgs,
  type TrainingJobArgs,
  TrainingPipeline,
  type TrainingPipelineArgs,
} from "./training/training-pipeline.ts";
