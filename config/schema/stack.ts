import { z } from "zod";
import { defaults } from "../../components/defaults/defaults.ts";
import { Cluster } from "./cluster.ts";
import { ConfigMapsConfig } from "./config-maps.ts";
import { Images } from "./images.ts";
import { ExtraObjectsConfig, PatchesConfig } from "./kubernetes/objects.ts";
import { LoadTestConfig } from "./load-test.ts";
import { MonitoringConfig } from "./monitoring.ts";
import { NamespaceConfig } from "./namespace.ts";
import { NetworkPoliciesConfig } from "./network.ts";
import { PricesConfig } from "./prices.ts";
import { SecretsConfig } from "./secrets.ts";
import { ApiGatewayConfig } from "./serving/api-gateway.ts";
import { ModelsConfig, VersionDefaults } from "./serving/models.ts";
import { GatewayConfig } from "./serving/traffic.ts";
import { StorageConfig } from "./storage.ts";
import { GpuPoolConfig } from "./training/gpu-pool.ts";
import { TrainingConfig } from "./training/training.ts";
import { KubernetesName, Weight } from "./values.ts";

/** Pulumi.yaml can describe an optional setting only with a default, so an empty object means none. */
function optional<T extends z.ZodType>(setting: T) {
  return z.preprocess((value) => (isEmptyObject(value) ? undefined : value), setting.optional());
}

/** Pulumi passes every value as text, so that a text such as "2" arrives as a number. */
function text<T extends z.ZodType>(setting: T) {
  const read = (value: unknown) => (typeof value === "number" || typeof value === "boolean" ? String(value) : value);
  return z.preprocess(read, setting);
}

/** The configuration of a stack as it is written: every key of `Pulumi.<stack>.yaml` under the project's name. */
export const StackSchema = z.strictObject({
  environment: text(KubernetesName).describe("Environment of the stack, such as dev or prod; the namespace's label."),
  canaryWeight: Weight.default(defaults.traffic.canaryWeight).describe(
    `Percent of the requests that go to the canary version, 0–100, such as 10 or 0.5. Default: ${defaults.traffic.canaryWeight}.`,
  ),
  cluster: Cluster.default({}),
  images: Images.default({}),
  namespace: NamespaceConfig,
  secrets: SecretsConfig.default({}),
  configMaps: ConfigMapsConfig.default({}),
  storage: StorageConfig.default({}),
  training: TrainingConfig.default({}),
  modelDefaults: VersionDefaults.optional().describe(
    "Settings of every version of every model. A version's own are merged over them key by key: its variables, labels, resources, ConfigMaps and Secrets are added, other lists replace the default.",
  ),
  models: ModelsConfig.default([]),
  gateway: optional(GatewayConfig),
  apiGateway: optional(ApiGatewayConfig),
  networkPolicies: NetworkPoliciesConfig.default({}),
  monitoring: optional(MonitoringConfig),
  gpuPool: optional(GpuPoolConfig),
  loadTest: optional(LoadTestConfig),
  prices: PricesConfig.default({}),
  patches: PatchesConfig.default([]),
  extraObjects: ExtraObjectsConfig.default([]),
});

function isEmptyObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** A stack as it is written, with the shape of every setting checked. */
export type WrittenStack = z.infer<typeof StackSchema>;
