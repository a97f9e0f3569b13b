import { isIP } from "node:net";
import type * as k8s from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import { type ImageAccess, imagePolicy, secretVariables } from "../kubernetes/container.ts";
import { environment, MODELS_PATH, restrictedContainer } from "../kubernetes/pod.ts";
import type { ResolvedSource, ResolvedVersionSettings } from "./resolve.ts";

type Container = k8s.types.input.core.v1.Container;

/** Name of the container that fetches the model; `status` explains its failures. */
export const FETCH_CONTAINER = "fetch";
/** Key of a Secret with the credentials of an image registry. */
const DOCKER_CONFIG_KEY = ".dockerconfigjson";

/** What it takes to bring a version's model into its pods. */
export interface ModelVolumeInput {
  readonly model: string;
  readonly version: Pick<ResolvedVersionSettings, "version" | "source" | "modelsPath" | "resources">;
  readonly modelsClaim?: Input<string>;
  /** Image of the inference server, which can fetch models. */
  readonly image?: Input<string>;
  readonly imageAccess?: ImageAccess;
}

/** The pod's part of where its model comes from: the volume, the server's mount of it, and what fills it before. */
export function modelVolume(input: ModelVolumeInput): {
  readonly volumes: k8s.types.input.core.v1.Volume[];
  readonly volumeMounts: k8s.types.input.core.v1.VolumeMount[];
  readonly initContainers?: Container[];
} {
  const { model, modelsClaim } = input;
  const { version, source, modelsPath } = input.version;
  const volume = (content: Omit<k8s.types.input.core.v1.Volume, "name">) => [{ name: "models", ...content }];
  const mount = (mountPath: string) => [{ name: "models", mountPath, readOnly: true }];
  const claim = modelsClaim === undefined ? undefined : { persistentVolumeClaim: { claimName: modelsClaim } };
  if (modelsPath === false || (source === undefined && claim === undefined)) return { volumes: [], volumeMounts: [] };
  if (source === undefined) return { volumes: volume(claim ?? {}), volumeMounts: mount(modelsPath) };
  if (source.imageVolume) {
    const reference = source.url.replace(/^oci:\/\//, "");
    return {
      volumes: volume({ image: { reference, pullPolicy: "IfNotPresent" } }),
      volumeMounts: mount(`${modelsPath}/${model}/${version}`),
    };
  }
  const own = { emptyDir: source.size === undefined ? {} : { sizeLimit: source.size } };
  return {
    volumes: volume(source.storage === "claim" ? (claim ?? own) : own),
    volumeMounts: mount(modelsPath),
    initContainers: [fetchContainer(input, source)],
  };
}

/** The seconds that a version's pods may need before their server starts. */
export function fetchSeconds(source: ResolvedSource | undefined): number {
  return source === undefined ? 0 : source.deadlineSeconds;
}

function fetchContainer(
  { model, version: { version, resources }, image, imageAccess }: ModelVolumeInput,
  source: ResolvedSource,
): Container {
  const { url, sha256, files = [], secret, secretKind } = source;
  return {
    name: FETCH_CONTAINER,
    ...(image === undefined ? {} : { image }),
    ...imagePolicy(imageAccess),
    command: ["node", "apps/sources/main.ts"],
    args: [
      url,
      `--models=${MODELS_PATH}`,
      `--model=${model}`,
      `--version=${version}`,
      ...(sha256 === undefined ? [] : [`--sha256=${sha256}`]),
      ...files.map((pattern) => `--files=${pattern}`),
    ],
    env: [
      ...environment(source.environment),
      ...(secret === undefined || secretKind === "values"
        ? []
        : secretVariables({ DOCKER_AUTH_CONFIG: { secret, key: DOCKER_CONFIG_KEY } })),
    ],
    ...(secret !== undefined && secretKind === "values" ? { envFrom: [{ secretRef: { name: secret } }] } : {}),
    // Those of the server: a pod needs the larger of the two, so fetching adds nothing.
    resources,
    securityContext: restrictedContainer,
    // The last line says why the model could not be fetched; status shows it.
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: [{ name: "models", mountPath: MODELS_PATH }],
  };
}

/** The credentials for an image volume, beside those for the pod's images. */
export function sourcePullSecrets(source: ResolvedSource | undefined): Input<string>[] {
  return source?.imageVolume === true && source.secret !== undefined ? [source.secret] : [];
}

/** Where a version's pods fetch their model from. */
export interface SourceAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * The addresses that a version's pods have to reach to fetch their model; none if the node fetches it. Registries and stores
 * send clients on to other hosts, on the port of HTTPS.
 */
export function sourceAddresses(source: ResolvedSource | undefined): SourceAddress[] {
  if (source === undefined || source.imageVolume) return [];
  const { url, environment: variables } = source;
  const [, scheme = "", host = ""] = /^([a-z0-9+]+):\/\/([^/]*)/.exec(url) ?? [];
  switch (scheme) {
    case "s3":
    case "gs":
      return [
        addressOf(variables["AWS_ENDPOINT_URL_S3"] ?? variables["AWS_ENDPOINT_URL"] ?? "https://s3.amazonaws.com"),
      ];
    case "hf":
      return [addressOf(variables["HF_ENDPOINT"] ?? "https://huggingface.co")];
    case "oci":
    case "oci+http":
      return [addressOf(`${scheme === "oci" ? "https" : "http"}://${host}`)];
    default:
      return [addressOf(url)];
  }
}

/** @throws TypeError if it is not a URL */
function addressOf(url: string): SourceAddress {
  const { hostname, port, protocol } = new URL(url);
  return { host: hostname, port: port === "" ? (protocol === "http:" ? 80 : 443) : Number(port) };
}

/** The namespace of a Service by its DNS name, such as `minio.storage.svc`; undefined for a host outside of the cluster. */
export function namespaceOf({ host }: SourceAddress): string | undefined {
  if (isIP(host) !== 0) return undefined;
  const [, namespace] = /^[^.]+\.([^.]+)\.svc(?:\.cluster\.local)?\.?$/.exec(host) ?? [];
  return namespace;
}
