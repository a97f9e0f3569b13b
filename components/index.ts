export {
  ApiGateway,
  type ApiGatewayArgs,
  type ApiGatewayRoute,
} from "./api-gateway/api-gateway.ts";
export { apiGatewayBackends } from "./api-gateway/backends.ts";
export type { ApiGatewayRolloutArgs, ApiGatewaySettings } from "./api-gateway/resolve.ts";
export { defaults } from "./defaults/defaults.ts";
export type {
  AutoscalingArgs,
  DisruptionBudgetArgs,
  KedaArgs,
  KedaTrigger,
  ScalingRules,
} from "./kubernetes/autoscaling-args.ts";
export type {
  EnvironmentSources,
  ImageAccess,
  PlacementArgs,
  SecretKey,
  Toleration,
} from "./kubernetes/container.ts";
export type { ConfigMapRef, FileArgs, FileSource } from "./kubernetes/files.ts";
export { kubernetesName } from "./kubernetes/names.ts";
export type { Resources } from "./kubernetes/pod.ts";
export type { Patch, PodArgs, PodPatch } from "./kubernetes/pod-patch.ts";
export type { ProbeAction, ProbeArgs, ProbesArgs } from "./kubernetes/probes.ts";
export type { RolloutArgs } from "./kubernetes/rollout.ts";
export type { Backend, ServiceArgs } from "./kubernetes/service.ts";
export { LoadTest, type LoadTestArgs } from "./load-test/load-test.ts";
export { loadTestUrl } from "./load-test/url.ts";
export { monitoredModels } from "./monitoring/models.ts";
export { Monitoring, type MonitoringArgs } from "./monitoring/monitoring.ts";
export type { AlertArgs } from "./monitoring/resolve.ts";
export { NetworkPolicies, type NetworkPoliciesArgs, type ServedModel } from "./network/network-policies.ts";
export { networkPoliciesOf } from "./network/served-models.ts";
export { assignedUser } from "./objects/assigned-user.ts";
export { type ExtraObject, ExtraObjects, type ExtraObjectsArgs } from "./objects/extra-objects.ts";
export { type ObjectPatch, Patches } from "./objects/patches.ts";
export { type ConfigMapArgs, ConfigMaps, type ConfigMapsArgs } from "./platform/config-maps.ts";
export { GpuNodePool } from "./platform/gpu-node-pool.ts";
export {
  type DevicePluginArgs,
  type GpuArgs,
  type GpuNodePoolArgs,
  type GpuPlacement,
  gpuPlacement,
  type NodeFeature,
  type TaintArgs,
} from "./platform/gpu-pool.ts";
export { Images, type ImagesArgs } from "./platform/images.ts";
export { Namespace } from "./platform/namespace.ts";
export type { LimitRangeItem, NamespaceArgs } from "./platform/resolve.ts";
export {
  type RegistryCredentials,
  type SecretArgs,
  Secrets,
  type SecretsArgs,
  type SecretValue,
} from "./platform/secrets.ts";
export { environmentWiring, sourceWiring } from "./platform/wiring.ts";
export { ModelService, type ModelServiceArgs, type ServedVersion } from "./serving/model-service.ts";
export { ModelServices, type VersionRef } from "./serving/model-services.ts";
export type {
  ContainerArgs,
  ModelVersionArgs,
  OwnServerArgs,
  SchedulingArgs,
  SourceArgs,
} from "./serving/version-args.ts";
export { ModelStorage, type ModelStorageArgs } from "./storage/model-storage.ts";
export type { ClaimArgs, SeedModel } from "./storage/resolve.ts";
export { type GatewayRef, gatewayNamespace, type HttpRouteGateway, type IngressGateway } from "./traffic/gateway.ts";
export { modelTraffic } from "./traffic/model-traffic.ts";
export { Traffic } from "./traffic/traffic.ts";
export type { MirrorArgs, RateLimitArgs, RetryArgs, TlsArgs, TrafficArgs } from "./traffic/traffic-args.ts";
export type {
  BatchArgs,
  BatchJobArgs,
  JobRunArgs,
  ScheduleArgs,
  TrainArgs,
  TrainingCronJobArgs,
  TrainingJobArgs,
} from "./training/job-args.ts";
export { TrainingPipeline, type TrainingPipelineArgs } from "./training/training-pipeline.ts";
