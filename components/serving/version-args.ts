import type * as pulumi from "@pulumi/pulumi";
import type { AutoscalingArgs, DisruptionBudgetArgs } from "../kubernetes/autoscaling.ts";
import type { EnvironmentSources, PlacementArgs } from "../kubernetes/container.ts";
import type { Resources } from "../kubernetes/pod.ts";
import type { ProbesArgs } from "../kubernetes/probes.ts";
import type { LineageArgs } from "./lineage.ts";

/** How a version is replaced by its next revision. */
export interface RolloutArgs {
  /** Pods above the wanted number while rolling. @default 1 */
  readonly maxSurge?: number | string;
  /** Pods below the wanted number while rolling. @default 0 */
  readonly maxUnavailable?: number | string;
  /**
   * Seconds the server goes on answering after SIGTERM, so that gateways that have not yet heard of its end
   * lose no request. @default 5
   */
  readonly drainSeconds?: number;
  /** Seconds from SIGTERM to SIGKILL; above `drainSeconds` and `preStopSeconds` together. @default 30 */
  readonly terminationGracePeriodSeconds?: number;
  /** Seconds to wait before SIGTERM is sent. @default no wait: the server drains by itself */
  readonly preStopSeconds?: number;
  /** Revisions kept for `kubectl rollout undo`. @default 10 */
  readonly revisionHistoryLimit?: number;
}

/** A Service in front of one version. */
export interface ServiceArgs {
  /** Fixed name; without one Pulumi names it. */
  readonly name?: string;
  /** @default "ClusterIP" */
  readonly type?: "ClusterIP" | "NodePort" | "LoadBalancer";
  /** Port that the Service listens on. @default 80 */
  readonly port?: number;
  /** Port of the metrics; `false` leaves it out. @default the container's; none on a load balancer */
  readonly metricsPort?: number | false;
  /** Port on every node, 30000–32767; NodePort and LoadBalancer only. @default chosen by the cluster */
  readonly nodePort?: number;
  /** Wait for the load balancer's address when deploying. @default true */
  readonly await?: boolean;
}

/** Name and ports of the server's container. */
export interface ContainerArgs {
  /** @default "model-server" */
  readonly name?: string;
  /** Port that the server listens on. @default 8080 */
  readonly port?: number;
  /** Port of the metrics. @default 9090 */
  readonly metricsPort?: number;
}

/** Which nodes a version's pods run on, and how they are spread. */
export interface SchedulingArgs extends PlacementArgs {
  /** Prefer zones without a pod of the version, with this weight, 1–100. @default no preference but the spread */
  readonly zoneAntiAffinityWeight?: number;
  /** @default over zones and over nodes, as well as can be */
  readonly topologySpread?: readonly {
    readonly topologyKey: string;
    /** @default 1 */
    readonly maxSkew?: number;
    /** @default "ScheduleAnyway" */
    readonly whenUnsatisfiable?: "ScheduleAnyway" | "DoNotSchedule";
  }[];
}

/** One version of a model. */
export interface ModelVersionArgs extends EnvironmentSources {
  /** Pods; with autoscaling the number to start with, which is the autoscaler's from then on. @default 1 */
  readonly replicas?: number;
  readonly container?: ContainerArgs;
  /** More labels of the Deployment and its pods. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Labels that pick the version's pods; they can never be changed. @default `app` and `version` */
  readonly selector?: Readonly<Record<string, string>>;
  readonly scheduling?: SchedulingArgs;
  /** @default 500m CPU and 1Gi, at most 2 CPU and 2Gi */
  readonly resources?: Resources;
  /** @default {@link defaultProbes} */
  readonly probes?: ProbesArgs;
  readonly rollout?: RolloutArgs;
  /** The Service that routes send requests to. */
  readonly service?: ServiceArgs;
  /** More Services in front of the same pods. @default none */
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
  /** Fixed name of the Deployment; without one Pulumi names it. */
  readonly name?: string;
  /** Source commit the version was trained from; the Deployment's label `commit-sha`. @default that of `lineage` */
  readonly commitSha?: string;
  /** Date the version was trained, `YYYY-MM-DD`; the Deployment's label `trained-date`. @default that of `lineage` */
  readonly trainedDate?: string;
  /** Where the version comes from; annotations of the Deployment. @default none */
  readonly lineage?: LineageArgs;
  /** Why the version is served although it is worse than the one it replaces; an annotation. @default none */
  readonly acceptWorse?: string;
  /** Semantic version for people; the Deployment's label `model-version`. @default the version */
  readonly modelVersion?: string;
  /** Shown by `kubectl rollout history`. @default names model, version and image */
  readonly changeCause?: string;
}

/** A value that the pod takes from a Secret. */
export interface SecretKey {
  /** Name of the Secret. */
  readonly secret: pulumi.Input<string>;
  readonly key: string;
}
