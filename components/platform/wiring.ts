import type { EnvironmentSources, SecretKey } from "../kubernetes/container.ts";
import type { FileSource } from "../kubernetes/files.ts";
import type { SourceArgs } from "../serving/version-args.ts";
import type { ConfigMaps } from "./config-maps.ts";
import type { Secrets } from "./secrets.ts";

/** A workload that refers to ConfigMaps and Secrets by their names in the stack. */
interface Workload {
  readonly configMaps?: readonly string[];
  readonly secrets?: readonly string[];
  readonly secretEnvironment?: Readonly<Record<string, { readonly secret: string; readonly key: string }>>;
  readonly files?: Readonly<Record<string, NamedFile>>;
}

/** A file, or a folder of files, by the name of its ConfigMap or Secret in the stack. */
interface NamedFile {
  readonly configMap?: string;
  readonly secret?: string;
  readonly key?: string;
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
  Required<Pick<EnvironmentSources, "configMaps" | "secrets" | "files">> &
  Pick<EnvironmentSources, "secretsHash"> & { readonly secretEnvironment: Readonly<Record<string, SecretKey>> };

/** Yields a workload whose references are the names of the objects in the cluster, in place of those in the stack. */
export function environmentWiring(
  configMaps: ConfigMaps,
  secrets: Secrets,
): <T extends Workload>(workload: T) => Wired<T> {
  return (workload) => {
    const { secrets: names = [], secretEnvironment = {}, files = {} } = workload;
    const secretsHash = secrets.hashOf([
      ...names,
      ...Object.values(secretEnvironment).map(({ secret }) => secret),
      ...Object.values(files).flatMap(({ secret }) => secret ?? []),
    ]);
    const file = ({ configMap, secret, key }: NamedFile): FileSource => ({
      ...(configMap === undefined ? {} : { configMap: configMaps.reference(configMap) }),
      ...(secret === undefined ? {} : { secret: secrets.nameOf(secret) }),
      ...(key === undefined ? {} : { key }),
    });
    return {
      ...workload,
      configMaps: configMaps.references(workload.configMaps),
      secrets: names.map((name) => secrets.nameOf(name)),
      secretEnvironment: secrets.references(secretEnvironment),
      files: Object.fromEntries(Object.entries(files).map(([path, source]) => [path, file(source)])),
      ...(secretsHash === undefined ? {} : { secretsHash }),
    };
  };
}
