/** A setting with a new name. */
interface Renamed {
  /** Path of the object that it is in; `*` stands for every item of a list. */
  readonly within: readonly string[];
  readonly from: string;
  readonly to: string;
  /** Whether the new setting is the negation of the old one. */
  readonly negated?: boolean;
}

const version = ["models", "*", "versions", "*"];
const skipAwait = { from: "await", to: "skipAwait", negated: true };

/** Settings whose old names are still read, for one release. */
const RENAMED: readonly Renamed[] = [
  { within: ["gateway"], from: "form", to: "api" },
  { within: ["training", "jobs", "*"], ...skipAwait },
  { within: [...version, "service"], ...skipAwait },
  { within: [...version, "additionalServices", "*"], ...skipAwait },
  { within: ["apiGateway", "service"], ...skipAwait },
  { within: ["loadTest"], ...skipAwait },
  { within: version, from: "acceptWorse", to: "allowRegression" },
  { within: [...version, "lineage"], from: "artefact", to: "artifact" },
  { within: [...version, "lineage"], from: "worseThan", to: "regression" },
];

/** A stack's settings under their present names, and a warning for each old name. */
export interface RenamedSettings {
  readonly settings: unknown;
  readonly warnings: readonly string[];
}

/** @param settings configuration values by key, as they are written */
export function renameSettings(settings: unknown): RenamedSettings {
  const warnings: string[] = [];
  const renamed = RENAMED.reduce((value, rename) => apply(value, rename.within, rename, "", warnings), settings);
  return { settings: renamed, warnings };
}

function apply(
  value: unknown,
  [step, ...rest]: readonly string[],
  rename: Renamed,
  path: string,
  warnings: string[],
): unknown {
  if (step === "*") {
    if (!Array.isArray(value)) return value;
    return value.map((item, index) => apply(item, rest, rename, `${path}[${index}]`, warnings));
  }
  if (!isObject(value)) return value;
  if (step === undefined) return renameIn(value, rename, path, warnings);
  if (!Object.hasOwn(value, step)) return value;
  const below = path === "" ? step : `${path}.${step}`;
  return { ...value, [step]: apply(value[step], rest, rename, below, warnings) };
}

function renameIn(object: Fields, { from, to, negated = false }: Renamed, path: string, warnings: string[]): Fields {
  if (!Object.hasOwn(object, from) || Object.hasOwn(object, to)) return object;
  const { [from]: value, ...others } = object;
  const hint = negated ? `, with true and false swapped` : "";
  warnings.push(`${path}.${from} is now ${path}.${to}${hint}; the next release no longer reads the old name`);
  return { ...others, [to]: negated && typeof value === "boolean" ? !value : value };
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
