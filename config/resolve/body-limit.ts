import { defaults } from "../../components/defaults/defaults.ts";
import { bytes } from "../../components/kubernetes/quantity.ts";

/** Variable of the project's server for the longest request body that it reads, in bytes. */
export const BODY_LIMIT_VARIABLE = "MAX_BODY_BYTES";

/** The settings of a version that decide how long a request body may be. */
interface Server {
  readonly image?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly configMaps?: readonly string[];
}

type ConfigMaps = Readonly<
  Record<string, { readonly data: Readonly<Record<string, string>> } | { readonly existing: string }>
>;

/** The longest request body that a version's server reads, in bytes; undefined for an image whose limit is not known. */
export function serverBodyLimit({ image, environment, configMaps = [] }: Server, all: ConfigMaps): number | undefined {
  if (image !== undefined) return undefined;
  // Of several ConfigMaps the last one counts, and a variable of the version's own before all of them.
  const maps = configMaps.map((name) => {
    const map = all[name];
    return map !== undefined && "data" in map ? map.data : undefined;
  });
  const written = [...maps, environment].flatMap((variables) => variables?.[BODY_LIMIT_VARIABLE] ?? []);
  const limit = Number(written.at(-1) ?? bytes(defaults.version.bodyLimit));
  return Number.isInteger(limit) ? limit : undefined;
}

/** The longest request body that one of some versions reads, in bytes. */
export function longestBody(servers: readonly Server[], all: ConfigMaps): number {
  const limits = servers.map((server) => serverBodyLimit(server, all) ?? bytes(defaults.version.bodyLimit));
  return limits.length === 0 ? bytes(defaults.version.bodyLimit) : Math.max(...limits);
}
