import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ImageAccess } from "../kubernetes/container.ts";
import { objectMeta, replacement } from "../kubernetes/names.ts";
import { trainerJobSpec } from "../training/job-spec.ts";
import {
  type ExistingClaim,
  isCreated,
  type ResolvedClaim,
  type ResolvedStorage,
  resolveStorage,
  type StorageSettings,
} from "./resolve.ts";

export interface ModelStorageArgs extends StorageSettings {
  readonly namespace: pulumi.Input<string>;
  /** Image of the trainer, which initializes the volumes. @default none, with `init: false` */
  readonly trainerImage?: pulumi.Input<string>;
  readonly imageAccess?: ImageAccess;
}

/** The claims for models and training data, and the Job that lays them out. */
export class ModelStorage extends pulumi.ComponentResource {
  /** Name of the claim that holds the model registry; undefined if there is none. */
  readonly modelsClaim: pulumi.Output<string> | undefined;
  /** Name of the claim that holds the training data; undefined if there is none. */
  readonly dataClaim: pulumi.Output<string> | undefined;

  constructor(name: string, args: ModelStorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:platform:ModelStorage", name, {}, opts);
    const { namespace } = args;
    const { models, data, protect, init } = resolveStorage(args);
    const claim = (suffix: string, settings: ResolvedClaim | ExistingClaim) =>
      isCreated(settings)
        ? new k8s.core.v1.PersistentVolumeClaim(`${name}-${suffix}`, claimManifest(namespace, settings), {
            parent: this,
            protect,
          }).metadata.name
        : pulumi.output(settings.existingClaim);
    this.modelsClaim = models && claim("models", models);
    this.dataClaim = data && claim("data", data);
    if (init !== false) this.initJob(name, args, init);
    this.registerOutputs({ modelsClaim: this.modelsClaim, dataClaim: this.dataClaim });
  }

  private initJob(name: string, args: ModelStorageArgs, init: Exclude<ResolvedStorage["init"], false>): void {
    const { namespace } = args;
    const trainerArgs = ["init-storage", ...(this.dataClaim === undefined ? ["--no-data"] : [])];
    const environment = { STORAGE_SPEC: JSON.stringify(init.seed), ...init.environment };
    new k8s.batch.v1.Job(
      `${name}-init`,
      {
        metadata: objectMeta({ name: init.name, namespace, labels: { "job-type": init.jobType } }),
        spec: trainerJobSpec(
          { ...args, modelsClaim: this.modelsClaim, dataClaim: this.dataClaim },
          { ...init, trainerArgs, environment },
        ),
      },
      { parent: this, ...replacement(init.name) },
    );
  }
}

function claimManifest(namespace: pulumi.Input<string>, args: ResolvedClaim): k8s.core.v1.PersistentVolumeClaimArgs {
  return {
    metadata: objectMeta({ name: args.name, namespace }),
    spec: {
      accessModes: [args.accessMode],
      ...(args.storageClass === undefined ? {} : { storageClassName: args.storageClass }),
      resources: { requests: { storage: args.size } },
    },
  };
}
