import type { Input } from "@pulumi/pulumi";
import type { AutoscalingArgs, DisruptionBudgetArgs } from "../kubernetes/autoscaling-args.ts";
import type { EnvironmentSources, PlacementArgs, SecretKey } from "../kubernetes/container.ts";
import type { Resources } from "../kubernetes/pod.ts";
import type { PodArgs } from "../kubernetes/pod-patch.ts";
import type { ProbesArgs } from "../kubernetes/probes.ts";
import type { RolloutArgs } from "../kubernetes/rollout.ts";
import type { ServiceArgs } from "../kubernetes/service.ts";
import type { GpuArgs } from "../platform/gpu-pool.ts";
import type { LineageArgs } from "./lineage.ts";

/** Name and ports of the server's container. */
export interface ContainerArgs {
  /** @default "model-server" */
  readonly name?: string;
  /** Port that the server listens on. @default 8080 */
  readonly port?: number;
  /**
   * Port of the metrics, which may be `port`; `false` for a server without metrics.
   *
   * @default 9090; for an own image `port` if there is a `metricsPath`, otherwise none
   */
  readonly metricsPort?: number | false;
  /** Path of the metrics. @default "/metrics" */
  readonly metricsPath?: string;
  /**
   * More ports by name, such as `grpc: 8001`; the version's Services have them too. The project's server serves gRPC on the
   * port `grpc`.
   *
   * @default none
   */
  readonly ports?: Readonly<Record<string, number>>;
}

/** A server of one's own: everything else about a version stays the same. */
export interface OwnServerArgs extends GpuArgs {
  /** Image of the server. @default the stack's inference server */
  readonly image?: Input<string>;
  /** Instead of the image's own entrypoint. @default the image's */
  readonly command?: readonly string[];
  /** Arguments of the command. @default the image's */
  readonly args?: readonly string[];
  /** Where the models volume is mounted, read-only; `false`: nowhere. @default "/models"; `false` for an own image */
  readonly modelsPath?: string | false;
  /** Size of `/dev/shm`, which counts as memory of the container, such as `2Gi`. @default the runtime's 64Mi */
  readonly sharedMemory?: string;
}

/** Where the model of a version comes from, if not from the models volume. */
export interface SourceArgs {
  /** `s3://`, `gs://`, `https://`, `hf://` or `oci://`; with `/` at the end the whole folder. */
  readonly url: string;
  /** Digest of the source, as `npm run fetch` prints it. @default any */
  readonly sha256?: string;
  /** Patterns of the wanted files. @default all */
  readonly files?: readonly string[];
  /** Name of the Secret with the credentials. @default none */
  readonly secret?: Input<string>;
  /** What the Secret holds: variables, or the credentials of an image registry. @default "values" */
  readonly secretKind?: "values" | "registry";
  /** Endpoints by their usual variables, such as `AWS_ENDPOINT_URL`. @default those of the providers */
  readonly environment?: Readonly<Record<string, string>>;
  /** Keep the files in a volume of each pod, or in the models claim, fetched once for all pods. @default "pod" */
  readonly storage?: "pod" | "claim";
  /** Most space in a pod's volume, such as `4Gi`. @default no limit */
  readonly size?: string;
  /** Let the node pull and mount the image of an `oci://` source (Kubernetes 1.35 and newer). @default false */
  readonly imageVolume?: boolean;
  /** Seconds until a Deployment whose pods still fetch counts as failed. @default 600 */
  readonly deadlineSeconds?: number;
}

/** How pods are spread over the values of one node label. */
export interface TopologySpread {
  readonly topologyKey: string;
  /** @default 1 */
  readonly maxSkew?: number;
  /** @default "ScheduleAnyway" */
  readonly whenUnsatisfiable?: "ScheduleAnyway" | "DoNotSchedule";
  /**
   * Labels whose values must match too. With `pod-template-hash` only pods of the same revision count, so a rollout is spread
   * by itself (Kubernetes 1.27 and newer).
   *
   * @default none
   */
  readonly matchLabelKeys?: readonly string[];
}

/** Which nodes a version's pods run on, and how they are spread. */
export interface SchedulingArgs extends PlacementArgs {
  /** Prefer zones without a pod of the version, with this weight, 1–100. @default only the spread */
  readonly zoneAntiAffinityWeight?: number;
  /** @default over zones and over nodes, where possible */
  readonly topologySpread?: readonly TopologySpread[];
}

/** One version of a model, without the ConfigMaps and Secrets that it names. */
export interface VersionSettings extends OwnServerArgs, PodArgs {
  /** Pods. With autoscaling, the number to start with; the autoscaler changes it from then on. @default 1 */
  readonly replicas?: number;
  readonly container?: ContainerArgs;
  /** @default the models claim */
  readonly source?: SourceArgs;
  /** More labels of the Deployment and its pods. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Labels that select the version's pods; they can never be changed. @default `app` and `version` */
  readonly selector?: Readonly<Record<string, string>>;
  readonly scheduling?: SchedulingArgs;
  /** @default 500m CPU and 1Gi, at most 2 CPU and 2Gi */
  readonly resources?: Resources;
  /** @default those of {@link ProbesArgs} */
  readonly probes?: ProbesArgs;
  readonly rollout?: RolloutArgs;
  /** The Service that routes send requests to. @default a ClusterIP on port 80 */
  readonly service?: ServiceArgs;
  /** More Services in front of the same pods. @default [] */
  readonly additionalServices?: readonly ServiceArgs[];
  /** @default no autoscaler */
  readonly autoscaling?: AutoscalingArgs;
  /** @default no budget */
  readonly disruptionBudget?: DisruptionBudgetArgs;
  /** Plain settings of the server; they go into a ConfigMap whose change rolls the pods. @default none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Environment variables by name, taken from Secrets. @default none */
  readonly secretEnvironment?: Readonly<Record<string, SecretKey>>;
  /** Version in the registry, a positive integer such as "2". */
  readonly version: string;
  /** Fixed name of the Deployment. @default named by Pulumi */
  readonly name?: string;
  /** Source commit the version was trained from; the Deployment's label `commit-sha`. @default that of `lineage` */
  readonly commitSha?: string;
  /** Date the version was trained, `YYYY-MM-DD`; the Deployment's label `trained-date`. @default that of `lineage` */
  readonly trainedDate?: string;
  /** Where the version comes from; annotations of the Deployment. @default none */
  readonly lineage?: LineageArgs;
  /** Why the version is served despite its regression from the one it replaces; an annotation. @default none */
  readonly allowRegression?: string;
  /** Semantic version for people; the Deployment's label `model-version`. @default the version */
  readonly modelVersion?: string;
  /** Shown by `kubectl rollout history`. @default model, version and image */
  readonly changeCause?: string;
}

/** One version of a model. */
export interface ModelVersionArgs extends VersionSettings, EnvironmentSources {}
