import type { EnvironmentSources, SecretKey } from "../kubernetes/container.ts";
import type { SourceArgs } from "../serving/version-args.ts";
import type { ConfigMaps } from "./config-maps.ts";
import type { Secrets } from "./secrets.ts";

/** A workload that refers to ConfigMaps and Secrets by their names in the stack. */
interface Workload {
  readonly configMaps?: readonly string[];
  readonly secrets?: readonly string[];
  readonly secretEnvironment?: Readonly<Record<string, { readonly secret: string; readonly key: string }>>;
}

/** A version of a model whose source names its credentials by their name in the stack. */
interface Sourced {
  readonly source?: SourceArgs & { readonly secret?: string };
}

/** Yields a version whose source names its Secret as it is in the cluster, in place of its name in the stack. */
export function sourceWiring(
  secrets: Secrets,
): <T extends Sourced>(version: T) => Omit<T, "source"> & { readonly source?: SourceArgs } {
  return ({ source, ...version }) => {
    if (source?.secret === undefined) return { ...version, ...(source === undefined ? {} : { source }) };
    return { ...version, source: { ...source, secret: secrets.nameOf(source.secret) } };
  };
}

type Wired<T> = Omit<T, keyof Workload> &
  Required<Pick<EnvironmentSources, "configMaps" | "secrets">> &
  Pick<EnvironmentSources, "secretsHash"> & { readonly secretEnvironment: Readonly<Record<string, SecretKey>> };

/** Yields a workload whose references are the names of the objects in the cluster, in place of those in the stack. */
export function environmentWiring(
  configMaps: ConfigMaps,
  secrets: Secrets,
): <T extends Workload>(workload: T) => Wired<T> {
  return (workload) => {
    const { secrets: names = [], secretEnvironment = {} } = workload;
    const secretsHash = secrets.hashOf([...names, ...Object.values(secretEnvironment).map(({ secret }) => secret)]);
    return {
      ...workload,
      configMaps: configMaps.references(workload.configMaps),
      secrets: names.map((name) => secrets.nameOf(name)),
      secretEnvironment: secrets.references(secretEnvironment),
      ...(secretsHash === undefined ? {} : { secretsHash }),
    };
  };
}
