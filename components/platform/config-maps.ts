import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ConfigMapRef } from "../kubernetes/files.ts";
import { objectMeta, replacement } from "../kubernetes/names.ts";

/** One ConfigMap. */
export interface ConfigMapArgs {
  /** Fixed name. @default named by Pulumi */
  readonly name?: string;
  /** Values by key. */
  readonly data: Readonly<Record<string, string>>;
}

/** A ConfigMap that is there already; the stack neither creates nor deletes it. */
export interface ExistingConfigMap {
  /** Name of the ConfigMap. */
  readonly existing: string;
}

export interface ConfigMapsArgs {
  readonly namespace: pulumi.Input<string>;
  /** ConfigMaps by their name in the stack. */
  readonly configMaps: Readonly<Record<string, ConfigMapArgs | ExistingConfigMap>>;
}

/** ConfigMaps that several workloads take their environment or files from. */
export class ConfigMaps extends pulumi.ComponentResource {
  private readonly byName: ReadonlyMap<string, ConfigMapRef>;

  constructor(name: string, args: ConfigMapsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:platform:ConfigMaps", name, {}, opts);
    this.byName = new Map(
      Object.entries(args.configMaps).map(([key, configMap]): [string, ConfigMapRef] => {
        if ("existing" in configMap) return [key, { name: configMap.existing }];
        const { metadata } = new k8s.core.v1.ConfigMap(key, configMapManifest(args.namespace, configMap), {
          parent: this,
          ...replacement(configMap.name),
        });
        const fixed = configMap.name === undefined ? {} : { hash: contentHash(configMap.data) };
        return [key, { name: metadata.name, ...fixed }];
      }),
    );
    this.registerOutputs();
  }

  /**
   * ConfigMaps for a container to take its environment from.
   *
   * @param names their names in the stack
   * @throws InputPropertyError if there is no such ConfigMap
   */
  references(names: readonly string[] = []): ConfigMapRef[] {
    return names.map((name) => this.reference(name));
  }

  /**
   * A ConfigMap in the cluster.
   *
   * @param name its name in the stack
   * @throws InputPropertyError if there is no such ConfigMap
   */
  reference(name: string): ConfigMapRef {
    const found = this.byName.get(name);
    if (found === undefined) {
      throw new pulumi.InputPropertyError({ propertyPath: name, reason: `there is no ConfigMap "${name}"` });
    }
    return found;
  }
}

/** A ConfigMap: immutable if Pulumi names it, so that changed content creates a new object and rolls the pods. */
export function configMapManifest(
  namespace: pulumi.Input<string>,
  { name, data }: ConfigMapArgs,
): k8s.core.v1.ConfigMapArgs {
  return {
    metadata: objectMeta({ name, namespace }),
    ...(name === undefined ? { immutable: true } : {}),
    data: { ...data },
  };
}

/** A short hash of the content of a ConfigMap or a Secret, the same for equal content. */
export function contentHash(data: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, 16);
}
