import { defaults } from "../defaults/defaults.ts";
import { type WithDefaults, withDefaults } from "../defaults/with-defaults.ts";
import { resolveAutoscaling } from "../kubernetes/autoscaling.ts";
import type { AutoscalingArgs, DisruptionBudgetArgs } from "../kubernetes/autoscaling-args.ts";
import type { SecretKey } from "../kubernetes/container.ts";
import type { Resources } from "../kubernetes/pod.ts";
import type { PodArgs } from "../kubernetes/pod-patch.ts";
import { bytes, sizeText } from "../kubernetes/quantity.ts";
import type { RolloutArgs } from "../kubernetes/rollout.ts";
import { type ResolvedService, resolveService, type ServiceArgs } from "../kubernetes/service.ts";

/** How the pods of the gateway are replaced by those of its next revision. */
export type ApiGatewayRolloutArgs = Omit<RolloutArgs, "preStopSeconds">;

/** Name of the gateway's container. */
export const API_GATEWAY_CONTAINER = "nginx";

/** The API gateway without its routes. */
export interface ApiGatewaySettings extends PodArgs {
  /** Name of the Deployment, and label `app` of its pods. @default "api-gateway" */
  readonly name?: string;
  /** @default "docker.io/nginxinc/nginx-unprivileged:1.29" */
  readonly image?: string;
  /** Key that requests must send as `X-API-Key`. @default no key */
  readonly apiKey?: SecretKey;
  /** Fixed name of the ConfigMap with nginx.conf. @default named by Pulumi, and immutable */
  readonly configName?: string;
  /** Pods. With autoscaling, the number to start with. @default 2 */
  readonly replicas?: number;
  /** @default 100m CPU and 64Mi, at most 200m CPU and 128Mi */
  readonly resources?: Resources;
  /** @default a ClusterIP on port 80 */
  readonly service?: Omit<ServiceArgs, "metricsPort">;
  /** @default no autoscaler */
  readonly autoscaling?: AutoscalingArgs;
  /** @default no budget */
  readonly disruptionBudget?: DisruptionBudgetArgs;
  readonly rollout?: ApiGatewayRolloutArgs;
  /** Longest time to connect to a model's server. @default 10 */
  readonly connectTimeoutSeconds?: number;
  /** Longest time between two parts of a response. @default 30 */
  readonly readTimeoutSeconds?: number;
  /** Largest request body. @default "32Mi", as the project's server has it */
  readonly bodyLimit?: string;
  /** Attempts for one request on the model's pods, including the first. @default 8 */
  readonly attempts?: number;
  /** Simultaneous connections of one pod. @default 1024 */
  readonly workerConnections?: number;
}

type Decided =
  | "name"
  | "image"
  | "replicas"
  | "resources"
  | "connectTimeoutSeconds"
  | "readTimeoutSeconds"
  | "bodyLimit"
  | "attempts"
  | "workerConnections";

/** The API gateway with every default filled in. Resolving it again changes nothing. */
export interface ResolvedApiGateway extends WithDefaults<ApiGatewaySettings, Decided> {
  readonly rollout: Required<ApiGatewayRolloutArgs>;
  readonly service: ResolvedService;
  readonly probes: typeof defaults.apiGateway.probes;
  /** Size limit of the pods' `/tmp`: room for a few of the largest request bodies. */
  readonly temporarySpace: string;
  /** Labels that select the gateway's pods. */
  readonly selector: Readonly<Record<string, string>>;
}

/** @param settings those that this function does not know are kept */
export function resolveApiGateway<T extends ApiGatewaySettings>(settings: T): T & ResolvedApiGateway {
  const { rollout, probes, temporarySpace, bufferedBodies, ...plain } = defaults.apiGateway;
  const resolved = withDefaults<ApiGatewaySettings, Decided>(plain, settings);
  const space = Math.max(bytes(temporarySpace), bufferedBodies * bytes(resolved.bodyLimit));
  return {
    ...settings,
    ...resolved,
    rollout: withDefaults(rollout, settings.rollout ?? {}),
    service: resolveService(settings.service),
    probes,
    temporarySpace: sizeText(space),
    autoscaling: settings.autoscaling && resolveAutoscaling(settings.autoscaling),
    selector: { app: resolved.name },
  };
}
