import type { FieldDrift, ObjectDrift, Remedy } from "./drift.ts";
import type { Writer } from "./field-owners.ts";

/** The drift of a stack. */
export interface Report {
  readonly stack: string;
  /** Number of the stack's objects that were examined. */
  readonly looked: number;
  readonly objects: readonly ObjectDrift[];
}

/** Maximum length of a value in the text; longer ones are truncated. */
const LONGEST = 120;

const ACTIONS: Readonly<Record<Remedy, string>> = {
  restore: "up restores it",
  recreate: "up recreates the object",
  remove: "up removes it",
  leave: "up leaves it",
};

/**
 * Whether there is drift: an object that is gone or differs from the program.
 *
 * @param strict whether additions by people count as well
 */
export function hasDrift({ objects }: Report, strict: boolean): boolean {
  return objects.some(({ state }) => strict || state !== "extended");
}

/** The report as JSON. @see docs/drift.md */
export function reportJson(report: Report, strict: boolean): string {
  return JSON.stringify(
    { stack: report.stack, drift: hasDrift(report, strict), objects: report.objects },
    undefined,
    2,
  );
}

/** The report as text. */
export function reportText(report: Report): string {
  const { stack, looked, objects } = report;
  const lines = objects.flatMap(objectLines);
  return [...lines, ...(lines.length === 0 ? [] : [""]), ...summary(stack, looked, objects)].join("\n");
}

function objectLines(object: ObjectDrift): string[] {
  const { kind, namespace, name, state, fields, additions } = object;
  const title = `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
  if (state === "deleted") return [`${title}: deleted; ${ACTIONS[object.up]}`];
  return [
    `${title}: ${state === "changed" ? "changed" : "unchanged, with additions"}`,
    ...fields.flatMap((field) => [`  ${field.path}: ${change(field)}`, `    ${consequence(field)}`]),
    ...additions.flatMap((field) => [`  added ${field.path}${shown(field)}`, `    ${consequence(field)}`]),
  ];
}

function change({ program, cluster, secret }: FieldDrift): string {
  if (secret) return "differs (secret)";
  if (program === undefined) return `not in the program → ${value(cluster)}`;
  return `${value(program)} → ${cluster === undefined ? "removed" : value(cluster)}`;
}

function shown({ cluster, secret }: FieldDrift): string {
  return secret ? " (secret)" : `: ${value(cluster)}`;
}

function consequence({ by, up }: FieldDrift): string {
  return `${by === undefined ? "changed by: unknown" : writer(by)}; ${ACTIONS[up]}`;
}

function writer({ manager, time }: Writer): string {
  return `by ${manager}${time === undefined ? "" : `, ${time}`}`;
}

function value(part: unknown): string {
  const text = typeof part === "string" ? part : JSON.stringify(part);
  const line = text.replaceAll("\n", "\\n");
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

function summary(stack: string, looked: number, objects: readonly ObjectDrift[]): string[] {
  const drifted = objects.filter(({ state }) => state !== "extended");
  if (drifted.length === 0)
    return [`No drift in ${looked} ${looked === 1 ? "object" : "objects"} of the stack ${stack}.`];
  const count = `${drifted.length} of ${looked} objects of the stack ${stack} ${drifted.length === 1 ? "differs" : "differ"} from the program.`;
  const gone = drifted.every(({ state }) => state === "deleted") && drifted.length === looked;
  if (gone) return [count, "No object exists: was the cluster recreated, or is this another one?"];
  const helped = drifted.some(({ up }) => up !== "leave");
  return [count, ...(helped ? [`npm run up -- --stack ${stack} makes these changes.`] : [])];
}
