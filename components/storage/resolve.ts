import { defaults } from "../defaults/defaults.ts";
import { type WithDefaults, withDefaults } from "../defaults/with-defaults.ts";
import type { Resources } from "../kubernetes/pod.ts";
import type { PodArgs } from "../kubernetes/pod-patch.ts";
import { type ResolvedJob, resolveJob } from "../training/resolve.ts";

/** One PersistentVolumeClaim. */
export interface ClaimArgs {
  /** Fixed name. @default named by Pulumi */
  readonly name?: string;
  /** Size as a quantity, such as `50Gi`. */
  readonly size: string;
  /** @default "ReadWriteMany" */
  readonly accessMode?: "ReadWriteOnce" | "ReadWriteMany" | "ReadOnlyMany" | "ReadWriteOncePod";
  /** @default the cluster's default class */
  readonly storageClass?: string;
}

/** A model version that the init Job trains and publishes if it is missing. */
export interface SeedModel {
  readonly model: string;
  readonly version: string;
  /** Training task of the trainer, such as `sentiment`. */
  readonly task: string;
  /** Hyper-parameters of the task. @default the task's own */
  readonly parameters?: Readonly<Record<string, string | number | boolean>>;
}

/** The init Job that lays out the volumes. It never overwrites an existing version. */
export interface StorageInitArgs extends PodArgs {
  /** Fixed name of the Job. @default named by Pulumi */
  readonly name?: string;
  /** @default [] */
  readonly seed?: readonly SeedModel[];
  /** @default 250m CPU and 256Mi, at most 1 CPU and 1Gi */
  readonly resources?: Resources;
  /** Retries before the Job fails. @default 3 */
  readonly backoffLimit?: number;
  /** Seconds until the Job is stopped and fails. @default 600 */
  readonly activeDeadlineSeconds?: number;
}

/** The volumes of a stack, and the Job that lays them out. */
export interface StorageSettings {
  /** The volume of the model registry: `<model>/<version>/` and `registry/models.json`. */
  readonly models: ClaimArgs;
  /** The volume of the training data. @default none */
  readonly data?: ClaimArgs;
  /** Refuse to delete the claims. @default false */
  readonly protect?: boolean;
  readonly init?: StorageInitArgs;
}

/** A claim with every default filled in. */
export type ResolvedClaim = WithDefaults<ClaimArgs, "accessMode">;

/** The volumes with every default filled in. Resolving them again changes nothing. */
export interface ResolvedStorage {
  readonly models: ResolvedClaim;
  readonly data?: ResolvedClaim;
  readonly protect: boolean;
  readonly init: ResolvedJob & { readonly name?: string; readonly seed: readonly SeedModel[] };
}

export function resolveStorage({ models, data, protect, init = {} }: StorageSettings): ResolvedStorage {
  const { seed = [], ...job } = init;
  return {
    models: withDefaults(defaults.storage.claim, models),
    data: data && withDefaults(defaults.storage.claim, data),
    protect: protect ?? defaults.storage.protect,
    init: {
      ...resolveJob({ container: "init", ...withDefaults(defaults.storage.init, job) }, "storage-init"),
      seed,
    },
  };
}
