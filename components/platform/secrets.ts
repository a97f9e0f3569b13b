import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { ImageAccess, SecretKey } from "../kubernetes/container.ts";
import { objectMeta, replacement } from "../kubernetes/names.ts";
import { contentHash } from "./config-maps.ts";
import { type RandomValue, resolveRandomValue } from "./resolve.ts";

/** Where the value of one key of a Secret comes from: generated once and kept in state, given, or not secret at all. */
export type SecretValue =
  | { readonly random: RandomValue }
  | { readonly value: pulumi.Input<string> }
  | { readonly plain: string };

/** Credentials of an image registry. */
export interface RegistryCredentials {
  /** Address of the registry, such as `registry.example.com`. */
  readonly server: string;
  readonly username: string;
  readonly password: pulumi.Input<string>;
}

/** A Secret that is there already; the stack neither creates nor deletes it. */
export interface ExistingSecret {
  /** Name of the Secret. */
  readonly existing: string;
}

/** One Secret: values by key, the credentials of an image registry, or one that is there already. */
export type SecretArgs = CreatedSecret | ExistingSecret;

type CreatedSecret = {
  /** Fixed name. @default named by Pulumi, so that a changed value rolls the pods that use it */
  readonly name?: string;
} & (
  | { /** Values by key. */ readonly data: Readonly<Record<string, SecretValue>>; readonly registry?: undefined }
  | { readonly registry: RegistryCredentials; readonly data?: undefined }
);

export interface SecretsArgs {
  readonly namespace: pulumi.Input<string>;
  /** Secrets by their name in the stack. */
  readonly secrets: Readonly<Record<string, SecretArgs>>;
}

/** Secrets whose values are generated or come from secret configuration; state holds them only encrypted. */
export class Secrets extends pulumi.ComponentResource {
  private readonly byName: ReadonlyMap<string, pulumi.Output<string>>;
  private readonly hashes: ReadonlyMap<string, pulumi.Output<string>>;

  constructor(name: string, args: SecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:platform:Secrets", name, {}, opts);
    this.byName = new Map(
      Object.entries(args.secrets).map(([secretName, secret]) => [
        secretName,
        "existing" in secret
          ? pulumi.output(secret.existing)
          : this.secret(args.namespace, secretName, secret).metadata.name,
      ]),
    );
    this.hashes = new Map(
      Object.entries(args.secrets).flatMap(([secretName, secret]) => {
        const hash = valuesHash(secret);
        return hash === undefined ? [] : [[secretName, hash] as const];
      }),
    );
    this.registerOutputs();
  }

  /**
   * A hash of the values of those of some secrets that have fixed names; undefined if none has. As an annotation it rolls the
   * pods when a value changes, which a Secret under its old name does not. Secrets that Pulumi names get a new name instead.
   *
   * @param names their names in the stack
   */
  hashOf(names: readonly string[]): pulumi.Output<string> | undefined {
    const hashes = [...new Set(names)].toSorted().flatMap((name) => this.hashes.get(name) ?? []);
    return hashes.length === 0 ? undefined : pulumi.all(hashes).apply((all) => all.join("-"));
  }

  /**
   * Keys of the secrets, for a pod's environment.
   *
   * @param keys names of secrets in the stack, and their keys, by environment variable
   * @throws InputPropertyError if there is no such secret
   */
  references(keys: Readonly<Record<string, { secret: string; key: string }>> = {}): Record<string, SecretKey> {
    return Object.fromEntries(
      Object.entries(keys).map(([variable, { secret, key }]) => [variable, { secret: this.nameOf(secret), key }]),
    );
  }

  /**
   * Name of a Secret in the cluster.
   *
   * @param secret its name in the stack
   * @throws InputPropertyError if there is no such secret
   */
  nameOf(secret: string): pulumi.Output<string> {
    const found = this.byName.get(secret);
    if (found === undefined) {
      throw new pulumi.InputPropertyError({ propertyPath: secret, reason: `there is no secret "${secret}"` });
    }
    return found;
  }

  /**
   * How nodes get the images of a stack.
   *
   * @param images pull policy, and the name of the registry's credentials among the stack's secrets, or several
   * @throws InputPropertyError if there is no such secret
   */
  imageAccess({
    pullPolicy,
    pullSecret = [],
  }: Pick<ImageAccess, "pullPolicy"> & { pullSecret?: string | readonly string[] }): ImageAccess {
    const names = typeof pullSecret === "string" ? [pullSecret] : pullSecret;
    return { pullPolicy, pullSecret: names.length === 0 ? undefined : names.map((name) => this.nameOf(name)) };
  }

  private secret(namespace: pulumi.Input<string>, name: string, args: CreatedSecret): k8s.core.v1.Secret {
    return new k8s.core.v1.Secret(
      name,
      {
        metadata: objectMeta({ name: args.name, namespace }),
        // A GitOps controller that applies the rendered stack changes a Secret with a fixed name in place.
        ...(args.name === undefined ? { immutable: true } : {}),
        ...this.content(name, args),
      },
      { parent: this, additionalSecretOutputs: ["data", "stringData"], ...replacement(args.name) },
    );
  }

  private content(name: string, args: CreatedSecret): Pick<k8s.core.v1.SecretArgs, "type" | "stringData"> {
    if (args.registry !== undefined) {
      return {
        type: "kubernetes.io/dockerconfigjson",
        stringData: { ".dockerconfigjson": pulumi.secret(dockerConfig(args.registry)) },
      };
    }
    const values = Object.entries(args.data).map(([key, source]) => [key, this.plainValue(`${name}-${key}`, source)]);
    return { type: "Opaque", stringData: Object.fromEntries(values) };
  }

  private plainValue(name: string, source: SecretValue): pulumi.Output<string> {
    if ("plain" in source) return pulumi.output(source.plain);
    if ("value" in source) return pulumi.secret(source.value);
    const { length } = resolveRandomValue(source.random);
    return new random.RandomPassword(name, { length, special: false }, { parent: this }).result;
  }
}

/** A hash of the values of a Secret with a fixed name. A generated value changes only with its length. */
function valuesHash(secret: SecretArgs): pulumi.Output<string> | undefined {
  if ("existing" in secret || secret.name === undefined || secret.data === undefined) return undefined;
  const { data } = secret;
  const values = Object.entries(data).map(([key, source]): [string, pulumi.Input<string>] => {
    if ("plain" in source) return [key, source.plain];
    return [key, "value" in source ? source.value : `random ${resolveRandomValue(source.random).length}`];
  });
  return pulumi.output(Object.fromEntries(values)).apply(contentHash);
}

/** The content of a Docker configuration file with one registry. */
function dockerConfig({ server, username, password }: RegistryCredentials): pulumi.Output<string> {
  return pulumi.output(password).apply((given) => {
    const auth = Buffer.from(`${username}:${given}`).toString("base64");
    return JSON.stringify({ auths: { [server]: { username, password: given, auth } } });
  });
}
