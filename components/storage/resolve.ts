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

/** A claim that is there already; the stack neither creates nor deletes it. */
export interface ExistingClaim {
  /** Name of the claim. */
  readonly existingClaim: string;
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
  /** The volume of the model registry: `<model>/<version>/` and `registry/models.json`. @default none */
  readonly models?: ClaimArgs | ExistingClaim;
  /** The volume of the training data. @default none */
  readonly data?: ClaimArgs | ExistingClaim;
  /** Refuse to delete the claims. @default false */
  readonly protect?: boolean;
  /** `false` leaves the Job out. @default the Job, for a models volume that the stack creates */
  readonly init?: StorageInitArgs | false;
}

/** A claim with every default filled in. */
export type ResolvedClaim = WithDefaults<ClaimArgs, "accessMode">;

/** The volumes with every default filled in. Resolving them again changes nothing. */
export interface ResolvedStorage {
  readonly models?: ResolvedClaim | ExistingClaim;
  readonly data?: ResolvedClaim | ExistingClaim;
  readonly protect: boolean;
  readonly init: ResolvedInit | false;
}

/** The init Job with every default filled in. */
type ResolvedInit = ResolvedJob & { readonly name?: string; readonly seed: readonly SeedModel[] };

export function resolveStorage({ models, data, protect, init }: StorageSettings): ResolvedStorage {
  return {
    models: models && resolveClaim(models),
    data: data && resolveClaim(data),
    protect: protect ?? defaults.storage.protect,
    // What is on a claim from elsewhere is laid out by others, unless the stack says so.
    init: (init ?? (models !== undefined && isCreated(models))) === false ? false : resolveInit(init),
  };
}

function resolveClaim(claim: ClaimArgs | ExistingClaim): ResolvedClaim | ExistingClaim {
  return isCreated(claim) ? withDefaults(defaults.storage.claim, claim) : claim;
}

function resolveInit(init: StorageInitArgs | false | undefined): ResolvedInit {
  const { seed = [], ...job } = init === undefined || init === false ? {} : init;
  return {
    ...resolveJob({ container: "init", ...withDefaults(defaults.storage.init, job) }, "storage-init"),
    seed,
  };
}

/** The claims that the stack creates, by the path of their settings. */
export function createdClaims({
  models,
  data,
}: Pick<ResolvedStorage, "models" | "data">): Record<string, ResolvedClaim> {
  return Object.fromEntries(
    Object.entries({ "storage.models": models, "storage.data": data }).flatMap(([path, claim]) =>
      claim === undefined || !isCreated(claim) ? [] : [[path, claim]],
    ),
  );
}

/** Whether the stack creates the claim. */
export function isCreated<T extends object>(claim: T | ExistingClaim): claim is T {
  return !("existingClaim" in claim);
}
