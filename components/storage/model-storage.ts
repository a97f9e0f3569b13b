import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ImageAccess } from "../kubernetes/container.ts";
import { objectMeta, replacement } from "../kubernetes/names.ts";
import type { Resources } from "../kubernetes/pod.ts";
import { trainerJobSpec } from "../training/trainer-job.ts";

/** One PersistentVolumeClaim. */
export interface ClaimArgs {
  /** Fixed name; without one Pulumi names it. */
  readonly name?: string;
  /** Size as a quantity, such as `50Gi`. */
  readonly size: string;
  /** @default "ReadWriteMany" */
  readonly accessMode?: "ReadWriteOnce" | "ReadWriteMany" | "ReadOnlyMany" | "ReadWriteOncePod";
  /** @default the cluster's default class */
  readonly storageClass?: string;
}

/** A model version that the init Job trains and publishes where it is missing. */
export interface SeedModel {
  readonly model: string;
  readonly version: string;
  /** Training task of the trainer, such as `sentiment`. */
  readonly task: string;
  /** Hyper-parameters of the task. @default the task's own */
  readonly parameters?: Readonly<Record<string, string | number | boolean>>;
}

export interface ModelStorageArgs {
  readonly namespace: pulumi.Input<string>;
  /** The volume of the model registry: `<model>/<version>/` and `registry/models.json`. */
  readonly models: ClaimArgs;
  /** The volume of the training data. @default none */
  readonly data?: ClaimArgs;
  /** Image of the trainer, which lays the volumes out. */
  readonly trainerImage: pulumi.Input<string>;
  readonly imageAccess?: ImageAccess;
  /** The init Job that lays out the volumes. It never overwrites a version that is there. */
  readonly init?: {
    readonly name?: string;
    /** @default [] */
    readonly seed?: readonly SeedModel[];
    readonly resources?: Resources;
    /** Retries before the Job fails. @default 3 */
    readonly backoffLimit?: number;
    /** Seconds until the Job is given up. @default 600 */
    readonly activeDeadlineSeconds?: number;
  };
  /** Refuse to delete the claims. @default false */
  readonly protect?: boolean;
}

/** The claims for models and training data, and the Job that lays them out. */
export class ModelStorage extends pulumi.ComponentResource {
  /** Name of the claim that holds the model registry. */
  readonly modelsClaim: pulumi.Output<string>;
  /** Name of the claim that holds the training data; undefined where there is none. */
  readonly dataClaim: pulumi.Output<string> | undefined;

  constructor(name: string, args: ModelStorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:platform:ModelStorage", name, {}, opts);
    const protect = args.protect ?? false;
    const claim = (suffix: string, claimArgs: ClaimArgs) =>
      new k8s.core.v1.PersistentVolumeClaim(`${name}-${suffix}`, claimManifest(args.namespace, claimArgs), {
        parent: this,
        protect,
      });

    const models = claim("models", args.models);
    const data = args.data === undefined ? undefined : claim("data", args.data);
    this.modelsClaim = models.metadata.name;
    this.dataClaim = data?.metadata.name;

    const init = args.init ?? {};
    new k8s.batch.v1.Job(
      `${name}-init`,
      {
        metadata: objectMeta({ name: init.name, namespace: args.namespace, labels: { "job-type": "storage-init" } }),
        spec: trainerJobSpec(
          { ...args, modelsClaim: this.modelsClaim, dataClaim: this.dataClaim },
          {
            container: "init",
            jobType: "storage-init",
            command: ["init-storage", ...(this.dataClaim === undefined ? ["--no-data"] : [])],
            environment: { STORAGE_SPEC: JSON.stringify(init.seed ?? []) },
            resources: init.resources,
            backoffLimit: init.backoffLimit ?? 3,
            activeDeadlineSeconds: init.activeDeadlineSeconds ?? 600,
          },
        ),
      },
      { parent: this, ...replacement(init.name) },
    );
    this.registerOutputs({ modelsClaim: this.modelsClaim, dataClaim: this.dataClaim });
  }
}

/** A PersistentVolumeClaim. */
export function claimManifest(namespace: pulumi.Input<string>, args: ClaimArgs): k8s.core.v1.PersistentVolumeClaimArgs {
  return {
    metadata: objectMeta({ name: args.name, namespace }),
    spec: {
      accessModes: [args.accessMode ?? "ReadWriteMany"],
      ...(args.storageClass === undefined ? {} : { storageClassName: args.storageClass }),
      resources: { requests: { storage: args.size } },
    },
  };
}
