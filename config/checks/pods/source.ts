import { isImmutable, parseSource } from "../../../apps/sources/source.ts";
import type { ResolvedStack } from "../../resolve/stack.ts";
import { type ConfigProblem, type Findings, listed } from "../problem.ts";

type Version = ResolvedStack["models"][number]["versions"][number];

/** The keys of which a Secret needs one set, by the kind of source. */
const KEYS = {
  s3: [["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]],
  hf: [["HF_TOKEN"]],
  http: [["SOURCE_TOKEN"], ["SOURCE_USERNAME", "SOURCE_PASSWORD"]],
  oci: [["SOURCE_USERNAME", "SOURCE_PASSWORD"], ["DOCKER_AUTH_CONFIG"]],
} as const;

/** Sources whose Secrets lack credentials; those whose content may change under their name. */
export function checkSources(stack: ResolvedStack): Findings {
  const sourced = stack.models.flatMap(({ versions }, index) =>
    versions.map((version, position) => ({ version, path: `models[${index}].versions[${position}].source` })),
  );
  return {
    problems: sourced.flatMap(({ version, path }) => checkSecret(stack, version, path)),
    notices: sourced.flatMap(({ version, path }) => checkPin(version, path)),
  };
}

function checkPin({ source }: Version, path: string): ConfigProblem[] {
  if (source === undefined || source.sha256 !== undefined || isImmutable(parseSource(source.url))) return [];
  const message =
    "may get another content under its name, and pods that start later then serve another model; pin it by sha256, as `npm run fetch` prints it";
  return [{ path, message }];
}

/** The Secret of a version's source exists, and has credentials that this kind of source reads. */
function checkSecret({ secrets }: ResolvedStack, { source, modelsPath }: Version, path: string): ConfigProblem[] {
  if (source === undefined) return [];
  if (modelsPath === false) {
    return [{ path, message: "is fetched, but mounted nowhere; set modelsPath, or leave it out" }];
  }
  if (source.secret === undefined) return [];
  const place = `${path}.secret`;
  const secret = secrets[source.secret];
  if (secret === undefined) {
    return [
      { path: place, message: `there is no secret "${source.secret}" under secrets${listed(Object.keys(secrets))}` },
    ];
  }
  // What a Secret from elsewhere holds is known to others.
  if (secret.existing !== undefined) return [];
  const { kind } = parseSource(source.url);
  if (secret.data === undefined) {
    if (kind === "oci") return [];
    return [
      { path: place, message: `secret "${source.secret}" holds the credentials of a registry; give ${sets(kind)}` },
    ];
  }
  if (source.imageVolume) {
    return [{ path: place, message: "the node pulls the image; name a secret with `registry`" }];
  }
  const keys = Object.keys(secret.data);
  if (KEYS[kind].some((set) => set.every((key) => keys.includes(key)))) return [];
  return [{ path: place, message: `secret "${source.secret}" needs ${sets(kind)}${listed(keys)}` }];
}

function sets(kind: keyof typeof KEYS): string {
  return KEYS[kind].map((set) => set.join(" and ")).join(", or ");
}
