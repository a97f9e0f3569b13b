/** How fast one direction of scaling may go. */
export interface ScalingRules {
  /** Seconds of history from which the safest recommendation is taken. @default Kubernetes' own: 0 up, 300 down */
  readonly stabilizationWindowSeconds?: number;
  /** Most change per period. @default Kubernetes' own */
  readonly policies?: readonly {
    readonly type: "Percent" | "Pods";
    readonly value: number;
    readonly periodSeconds: number;
  }[];
  /** Which policy decides if several apply. @default "Max" */
  readonly selectPolicy?: "Max" | "Min" | "Disabled";
}

/** A metric of the Kubernetes API, `autoscaling/v2`. */
export type Metric = Readonly<Record<string, unknown>> & { readonly type: string };

/** Horizontal autoscaling of one Deployment. */
export interface AutoscalingArgs {
  /** Fixed name of the HorizontalPodAutoscaler, or of KEDA's ScaledObject. @default named by Pulumi */
  readonly name?: string;
  /** Fewest pods; with `keda` there may be none. */
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Target CPU use in percent of the request. @default 70 if there is no other target, otherwise none */
  readonly cpuUtilization?: number;
  /** Target memory use in percent of the request. @default no memory target */
  readonly memoryUtilization?: number;
  /**
   * Target of the rows that wait for the model in each pod (`model_queue_depth` of the project's server). The cluster needs an
   * adapter that serves Prometheus' metrics to autoscalers, or KEDA.
   *
   * @default no such target
   */
  readonly queueDepth?: number;
  /** Targets of any other metric, as in a HorizontalPodAutoscaler. @default none */
  readonly metrics?: readonly Metric[];
  readonly scaleUp?: ScalingRules;
  readonly scaleDown?: ScalingRules;
  /** Let KEDA decide, on any trigger, down to no pods. @default Kubernetes' own autoscaler */
  readonly keda?: KedaArgs;
}

/**
 * What KEDA looks at to decide on the number of pods.
 *
 * @see https://keda.sh/docs/latest/scalers/
 */
export interface KedaTrigger {
  /** Kind of trigger, such as `prometheus`, `cron`, `metrics-api` or `kafka`. */
  readonly type: string;
  /** @default none */
  readonly name?: string;
  /**
   * Settings of the trigger, all of them texts. `$namespace`, `$service`, `$model` and `$version` stand for those of the
   * version. A `prometheus` trigger without a `serverAddress` asks {@link KedaArgs.prometheus}.
   */
  readonly metadata: Readonly<Record<string, string>>;
  /** Whether the target is a value for each pod, a value for all, or percent of the requests (`cpu` and `memory` only). @default "AverageValue" */
  readonly metricType?: "AverageValue" | "Value" | "Utilization";
  /** Ask once in an interval, also for the autoscaler. @default false */
  readonly useCachedMetrics?: boolean;
  /** Credentials, from an object in the stack's namespace or, for the second kind, in KEDA's own. @default none */
  readonly authenticationRef?: {
    readonly name: string;
    /** @default "TriggerAuthentication" */
    readonly kind?: "TriggerAuthentication" | "ClusterTriggerAuthentication";
  };
}

/** Autoscaling by KEDA, which the cluster must have, instead of a HorizontalPodAutoscaler of one's own. */
export interface KedaArgs {
  /** Address of the Prometheus that KEDA asks, without a path. @default none */
  readonly prometheus?: string;
  /** More triggers; the one that wants the most pods decides. @default none */
  readonly triggers?: readonly KedaTrigger[];
  /** Seconds between two looks at the triggers while there are no pods. @default KEDA's own, 30 */
  readonly pollingInterval?: number;
  /** Seconds without an active trigger until the last pod goes. @default KEDA's own, 300 */
  readonly cooldownPeriod?: number;
  /** Seconds after the creation during which the last pod stays. @default KEDA's own, 0 */
  readonly initialCooldownPeriod?: number;
  /** What happens while a trigger cannot be asked. @default the number of pods stays */
  readonly fallback?: {
    /** Failed looks in a row. */
    readonly failureThreshold: number;
    readonly replicas: number;
    /** @default "static" */
    readonly behavior?: "static" | "currentReplicas" | "currentReplicasIfHigher" | "currentReplicasIfLower";
  };
}

/** How many pods of one Deployment may be evicted at once; set exactly one of the two bounds. */
export interface DisruptionBudgetArgs {
  /** Fixed name of the PodDisruptionBudget. @default named by Pulumi */
  readonly name?: string;
  /** Pods, or percent of them, that stay. */
  readonly minAvailable?: number | string;
  /** Pods, or percent of them, that may go. */
  readonly maxUnavailable?: number | string;
}
