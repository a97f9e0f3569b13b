import type * as k8s from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import type { ConfigMapRef } from "../platform/config-maps.ts";

type Container = k8s.types.input.core.v1.Container;
type PodSpec = k8s.types.input.core.v1.PodSpec;

/** How nodes get an image. */
export interface ImageAccess {
  /** @default Kubernetes' own: IfNotPresent, or Always for `latest` */
  readonly pullPolicy?: "IfNotPresent" | "Always" | "Never";
  /** Name of the Secret with the registry's credentials. @default none are needed */
  readonly pullSecret?: Input<string>;
}

/** ConfigMaps and Secrets whose keys become environment variables. */
export interface EnvironmentSources {
  /** A later one wins over an earlier one, and what is set one by one over all of them. @default [] */
  readonly configMaps?: readonly ConfigMapRef[];
  /** Names of Secrets. @default [] */
  readonly secrets?: readonly Input<string>[];
}

/** A taint that a pod puts up with. */
export interface Toleration {
  readonly key: string;
  /** @default "Exists" */
  readonly operator?: "Exists" | "Equal";
  /** Value of the taint, with `operator: Equal`. */
  readonly value?: string;
  /** @default every effect */
  readonly effect?: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

/** Nodes that a pod may run on. */
export interface PlacementArgs {
  /** @default every node */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** @default [] */
  readonly tolerations?: readonly Toleration[];
}

/** What a container says of its image. */
export function imagePolicy({ pullPolicy }: ImageAccess = {}): Pick<Container, "imagePullPolicy"> {
  return pullPolicy === undefined ? {} : { imagePullPolicy: pullPolicy };
}

/** What a pod says of its images' registry. */
export function pullSecrets({ pullSecret }: ImageAccess = {}): Pick<PodSpec, "imagePullSecrets"> {
  return pullSecret === undefined ? {} : { imagePullSecrets: [{ name: pullSecret }] };
}

/** A container's environment from whole ConfigMaps and Secrets, in their order. */
export function environmentFrom({ configMaps = [], secrets = [] }: EnvironmentSources): Pick<Container, "envFrom"> {
  if (configMaps.length + secrets.length === 0) return {};
  return {
    envFrom: [
      ...configMaps.map(({ name }) => ({ configMapRef: { name } })),
      ...secrets.map((name) => ({ secretRef: { name } })),
    ],
  };
}

/** Annotation of a pod template that changes with the ConfigMaps of fixed names, so that a change rolls the pods. */
export function configAnnotations(configMaps: readonly ConfigMapRef[] = []): Record<string, string> {
  const hashes = configMaps.flatMap(({ hash }) => hash ?? []);
  return hashes.length === 0 ? {} : { "checksum/config": hashes.join("-") };
}

/** What a pod says of the nodes that may run it. */
export function placementOf({
  nodeSelector,
  tolerations,
}: PlacementArgs): Pick<PodSpec, "nodeSelector" | "tolerations"> {
  return {
    ...(nodeSelector === undefined ? {} : { nodeSelector: { ...nodeSelector } }),
    ...(tolerations === undefined || tolerations.length === 0
      ? {}
      : { tolerations: tolerations.map((toleration) => ({ operator: "Exists", ...toleration })) }),
  };
}
