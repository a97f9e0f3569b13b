import { matchPath } from "../../../common/setting-path.ts";
import { POD_TEMPLATE } from "../../../components/kubernetes/api/api.ts";
import { joinPatches } from "../../../components/kubernetes/api/merge.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Lists of names to which a version adds its own. */
const ADDED_TO = ["configMaps", "secrets"];

/** Settings of which a version has one or the other. */
const EITHER_OF: Readonly<Record<string, readonly string[]>> = {
  disruptionBudget: ["minAvailable", "maxUnavailable"],
  ...Object.fromEntries(
    ["startup", "readiness", "liveness"].map((probe) => [probe, ["path", "tcp", "grpc", "command"]]),
  ),
};

/**
 * The settings of a stack with the defaults of the stack and of each model below every version's own: objects are merged key
 * by key, names of ConfigMaps and Secrets are added, pieces of pod templates are joined by Kubernetes' rules, anything else
 * replaces the default.
 *
 * @param settings configuration values by key; the schema reports what is wrong with their shape
 */
export function withVersionDefaults(settings: unknown): unknown {
  if (!isObject(settings) || !Array.isArray(settings["models"])) return settings;
  const { modelDefaults } = settings;
  const models = settings["models"].map((model: unknown) => {
    if (!isObject(model) || !Array.isArray(model["versions"])) return model;
    const defaults = merged(modelDefaults, model["defaults"]);
    return { ...model, versions: model["versions"].map((version: unknown) => merged(defaults, version)) };
  });
  return { ...settings, models };
}

function merged(below: unknown, above: unknown): unknown {
  if (!isObject(below)) return above;
  if (!isObject(above)) return above === undefined ? below : above;
  return mergeObjects(withoutVariables(below, above), above);
}

/** A variable replaces the default of its name, whether either is plain or from a Secret. */
function withoutVariables(below: Fields, above: Fields): Fields {
  const drop = (kind: string, other: string): Fields => {
    const [inherited, own] = [below[kind], above[other]];
    if (!isObject(inherited) || !isObject(own)) return {};
    return { [kind]: without(inherited, Object.keys(own)) };
  };
  return {
    ...below,
    ...drop("environment", "secretEnvironment"),
    ...drop("secretEnvironment", "environment"),
  };
}

function mergeObjects(below: Fields, above: Fields, name = ""): Fields {
  const either = EITHER_OF[name] ?? [];
  const kept = either.some((key) => above[key] !== undefined) ? without(below, either) : below;
  const own = Object.entries(above).filter(([, value]) => value !== undefined);
  return {
    ...kept,
    ...Object.fromEntries(
      own.map(([key, value]) => [
        key,
        key === "pod" && name === "" ? joinPatches(kept[key], value, POD_TEMPLATE) : mergeValue(key, kept[key], value),
      ]),
    ),
  };
}

function mergeValue(key: string, below: unknown, above: unknown): unknown {
  // A file has one source, which is replaced whole.
  if (key === "files" && isObject(below) && isObject(above)) return { ...below, ...above };
  if (isObject(below) && isObject(above)) return mergeObjects(below, above, key);
  if (!ADDED_TO.includes(key) || !Array.isArray(below) || !Array.isArray(above)) return above;
  return [...below.filter((name) => !above.includes(name)), ...above];
}

/** The path of a version's setting, at the defaults if it is written there. */
export type WrittenPath = (path: string) => string;

/**
 * @param settings configuration values by key, as they are written
 * @param effective the same with the defaults in every version
 */
export function writtenPaths(settings: unknown, effective: unknown): WrittenPath {
  const models = (value: unknown) => (isObject(value) && Array.isArray(value["models"]) ? value["models"] : []);
  return (path) => {
    const [start, model = "", version = "", rest = ""] = VERSION_SETTING.exec(path) ?? [];
    if (start === undefined) return path;
    const written: unknown = models(settings)[Number(model)];
    const defaults = isObject(written) ? written["defaults"] : undefined;
    const layers: [string, unknown][] = [
      [`models[${model}].versions[${version}]`, versionOf(written, Number(version))],
      [`models[${model}].defaults`, defaults],
      ["modelDefaults", isObject(settings) ? settings["modelDefaults"] : undefined],
    ];
    const whole = versionOf(models(effective)[Number(model)], Number(version));
    const matches = layers.map(([place, layer]) => ({ place, ...matchPath(layer ?? {}, whole, rest) }));
    const [best] = matches.toSorted((a, b) => a.rest.length - b.rest.length);
    return best === undefined || best.path === "" ? path : `${best.place}.${best.path}${best.rest}`;
  };
}

const VERSION_SETTING = /^models\[([0-9]+)\]\.versions\[([0-9]+)\]\.(.+)$/;

function versionOf(model: unknown, index: number): unknown {
  return isObject(model) && Array.isArray(model["versions"]) ? model["versions"][index] : undefined;
}

function without(fields: Fields, keys: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !keys.includes(key)));
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
