import type { ResolvedApiGateway } from "../../components/api-gateway/resolve.ts";
import type { ResolvedLoadTest } from "../../components/load-test/resolve.ts";
import type { ResolvedMonitoring } from "../../components/monitoring/resolve.ts";
import type { EgressArgs } from "../../components/network/network-policies.ts";
import type { ResolvedGpuNodePool } from "../../components/platform/gpu-pool.ts";
import type { ResolvedNamespace } from "../../components/platform/resolve.ts";
import type { ResolvedStorage } from "../../components/storage/resolve.ts";
import type { ResolvedGateway } from "../../components/traffic/gateway.ts";
import type { ResolvedJob, ResolvedSchedule, ResolvedTrainingJob } from "../../components/training/resolve.ts";
import type { WrittenStack } from "../schema/stack.ts";
import type { StackModel } from "./models.ts";

/** A setting as it is written. */
export type Written<K extends keyof WrittenStack> = NonNullable<WrittenStack[K]>;
type TrainingSettings<K extends "jobs" | "cronJobs" | "batchJobs"> = NonNullable<Written<"training">[K]>[number];
type Labels = Readonly<Record<string, string>>;

/** A version of a model, by the name of the model's entry. */
interface VersionRef {
  readonly entry: string;
  readonly version: string;
}

/** A stack with everything decided but its workloads, which follow from the rest. */
export interface StackSettings
  extends Pick<WrittenStack, "environment" | "cluster" | "secrets" | "configMaps" | "patches" | "extraObjects"> {
  readonly images: Written<"images">;
  readonly namespace: ResolvedNamespace;
  readonly storage: ResolvedStorage;
  readonly training: {
    readonly sequential: boolean;
    readonly jobs: readonly (TrainingSettings<"jobs"> & ResolvedTrainingJob)[];
    readonly cronJobs: readonly (TrainingSettings<"cronJobs"> & ResolvedJob & ResolvedSchedule)[];
    readonly batchJobs: readonly (TrainingSettings<"batchJobs"> & ResolvedJob & ResolvedSchedule)[];
  };
  readonly models: readonly StackModel[];
  readonly gateway?: ResolvedGateway;
  readonly apiGateway?: Omit<Written<"apiGateway">, "routes"> &
    ResolvedApiGateway & {
      readonly routes: readonly (VersionRef & {
        readonly path: string;
        readonly target: string;
        /** Name of the model as it is written. */
        readonly model: string;
      })[];
    };
  readonly networkPolicies: {
    readonly enabled: boolean;
    /** Where all pods may connect to besides what the stack needs. */
    readonly egress: readonly EgressArgs[];
    readonly gatewayNamespaceLabels?: Labels;
    readonly prometheusNamespaceLabels?: Labels;
    /** Fixed names of the policies that allow requests, by model as it is written. */
    readonly servingNames: Labels;
    /** The same names by the models' entries. */
    readonly policyNames: Labels;
  };
  readonly monitoring?: Written<"monitoring"> &
    ResolvedMonitoring & {
      readonly dashboards: boolean;
      readonly prometheus: NonNullable<Written<"monitoring">["prometheus"]>;
    };
  readonly gpuPool?: ResolvedGpuNodePool;
  readonly loadTest?: Written<"loadTest"> &
    ResolvedLoadTest & {
      readonly path: string;
      /** Version that gets the requests; undefined if the test has a `url`. */
      readonly target?: VersionRef;
    };
  readonly prices: Required<Written<"prices">>;
}
