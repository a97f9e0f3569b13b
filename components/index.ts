export type { AlertBounds, ComparedVersions } from "./alerts.ts";
export { API_GATEWAY_IMAGE, ApiGateway, type ApiGatewayArgs, type ApiGatewayRoute } from "./api-gateway.ts";
export type { AutoscalingArgs, DisruptionBudgetArgs, ScalingRules } from "./autoscaling.ts";
export { type ConfigMapArgs, type ConfigMapRef, ConfigMaps, type ConfigMapsArgs } from "./config-maps.ts";
export type { EnvironmentSources, ImageAccess, PlacementArgs, Toleration } from "./container.ts";
export { type GatewayRef, gatewayNamespace, type HttpRouteGateway, type IngressGateway } from "./gateway.ts";
export {
  type DevicePluginArgs,
  GpuNodePool,
  type GpuNodePoolArgs,
  gpuPlacement,
  type TaintArgs,
} from "./gpu-node-pool.ts";
export { Images, type ImagesArgs } from "./images.ts";
export { LoadTest, type LoadTestArgs } from "./load-test.ts";
export { ModelService, type ModelServiceArgs, type ServedVersion } from "./model-service.ts";
export { type ClaimArgs, ModelStorage, type ModelStorageArgs, type SeedModel } from "./model-storage.ts";
export { Monitoring, type MonitoringArgs } from "./monitoring.ts";
export { kubernetesName } from "./names.ts";
export { type LimitRangeItem, Namespace, type NamespaceArgs } from "./namespace.ts";
export { NetworkPolicies, type NetworkPoliciesArgs, type ServedModel } from "./network-policies.ts";
export type { Resources } from "./pod.ts";
export type { ProbeArgs, ProbesArgs } from "./probes.ts";
export { type RegistryCredentials, type SecretArgs, Secrets, type SecretsArgs, type SecretValue } from "./secrets.ts";
export { Traffic } from "./traffic.ts";
export type { Backend, MirrorArgs, RateLimitArgs, RetryArgs, TlsArgs, TrafficArgs } from "./traffic-args.ts";
export type { JobRunArgs } from "./trainer-job.ts";
export type { BatchArgs, TrainArgs } from "./training-commands.ts";
export {
  type BatchJobArgs,
  type ScheduleArgs,
  type TrainingCronJobArgs,
  type TrainingJobArgs,
  TrainingPipeline,
  type TrainingPipelineArgs,
} from "./training-pipeline.ts";
export type {
  ContainerArgs,
  ModelVersionArgs,
  RolloutArgs,
  SchedulingArgs,
  SecretKey,
  ServiceArgs,
} from "./version-args.ts";
