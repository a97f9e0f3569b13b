import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { SecretKey } from "./model-version.ts";
import { objectMeta, replacement } from "./names.ts";

/** Where the value of one key of a Secret comes from: generated once and kept in state, or given. */
export type SecretValue =
  | { readonly random: { /** Characters, letters and digits. @default 32 */ readonly length?: number } }
  | { readonly value: pulumi.Input<string> };

/** One Secret. */
export interface SecretArgs {
  /** Fixed name; without one Pulumi names the Secret, and a changed value rolls the pods that use it. */
  readonly name?: string;
  /** Values by key. */
  readonly data: Readonly<Record<string, SecretValue>>;
}

export interface SecretsArgs {
  readonly namespace: pulumi.Input<string>;
  /** Secrets by their name in the stack. */
  readonly secrets: Readonly<Record<string, SecretArgs>>;
}

/** Immutable Secrets whose values are generated, or come from secret configuration; never plain text in state. */
export class Secrets extends pulumi.ComponentResource {
  private readonly byName: ReadonlyMap<string, k8s.core.v1.Secret>;

  constructor(name: string, args: SecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:platform:Secrets", name, {}, opts);
    this.byName = new Map(
      Object.entries(args.secrets).map(([secretName, secret]) => [
        secretName,
        this.secret(args.namespace, secretName, secret),
      ]),
    );
    this.registerOutputs();
  }

  /**
   * Keys of the secrets, for a pod to take its environment from.
   *
   * @param keys names of secrets in the stack, and their keys, by environment variable
   * @throws InputPropertyError where there is no such secret
   */
  references(keys: Readonly<Record<string, { secret: string; key: string }>> = {}): Record<string, SecretKey> {
    return Object.fromEntries(
      Object.entries(keys).map(([variable, { secret: name, key }]) => {
        const secret = this.byName.get(name);
        if (secret === undefined) {
          throw new pulumi.InputPropertyError({ propertyPath: variable, reason: `there is no secret "${name}"` });
        }
        return [variable, { secret: secret.metadata.name, key }];
      }),
    );
  }

  private secret(namespace: pulumi.Input<string>, name: string, args: SecretArgs): k8s.core.v1.Secret {
    const values = Object.entries(args.data).map(([key, source]) => [key, this.plainValue(`${name}-${key}`, source)]);
    return new k8s.core.v1.Secret(
      name,
      {
        metadata: objectMeta({ name: args.name, namespace }),
        type: "Opaque",
        immutable: true,
        stringData: Object.fromEntries(values),
      },
      { parent: this, additionalSecretOutputs: ["data", "stringData"], ...replacement(args.name) },
    );
  }

  private plainValue(name: string, source: SecretValue): pulumi.Output<string> {
    if ("value" in source) return pulumi.secret(source.value);
    const length = source.random.length ?? 32;
    return new random.RandomPassword(name, { length, special: false }, { parent: this }).result;
  }
}
