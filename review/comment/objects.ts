import type { FieldChange, ObjectChange } from "../objects/change.ts";
import { isUnknown, showValue } from "../objects/fields.ts";
import { code } from "../text/markdown.ts";

/** Maximum number of fields of one object that are listed by name. */
const MOST_FIELDS = 6;

const ACTIONS = { create: "Created", update: "Updated", replace: "Replaced", delete: "Deleted" } as const;

/** How many objects are created, updated, replaced and deleted. */
export function countChanges(changes: readonly ObjectChange[]): string {
  const counts = Object.entries(ACTIONS).flatMap(([action, word]) => {
    const count = changes.filter((change) => change.action === action).length;
    return count === 0 ? [] : [`${count} ${word.toLowerCase()}`];
  });
  return counts.length === 0 ? "nothing changes" : counts.join(", ");
}

/** One line for each object with its changed fields, up to a maximum number of objects. */
export function listChanges(changes: readonly ObjectChange[]): string[] {
  return Object.entries(ACTIONS).flatMap(([action, word]) =>
    changes
      .filter((change) => change.action === action)
      .map(({ kind, name, fields }) => {
        const own = fields.filter(({ pending }) => !pending);
        const paths = own.slice(0, MOST_FIELDS).map(({ path }) => code(path));
        const more = own.length > MOST_FIELDS ? [`${own.length - MOST_FIELDS} more`] : [];
        return `- ${word} ${code(kind)} ${code(name)}${own.length === 0 ? "" : `: ${[...paths, ...more].join(", ")}`}`;
      }),
  );
}

/** Each object with every field that changes, its values before and after. */
export function detailChanges(changes: readonly ObjectChange[]): string[] {
  return changes.flatMap((change) => [
    `- ${ACTIONS[change.action]} ${code(change.kind)} ${code(change.name)}${noteOf(change)}`,
    ...change.fields.map(
      (field) => `  - ${code(field.path)}: ${describeValues(field)}${field.pending ? " (pending on the base)" : ""}`,
    ),
  ]);
}

function noteOf({ action, deletedFirst, protected: refused, retained }: ObjectChange): string {
  const notes = [
    ...(action === "replace" ? [deletedFirst ? "the old one goes first" : "the new one comes first"] : []),
    ...(refused ? ["protected"] : []),
    ...(retained ? ["stays in the cluster"] : []),
  ];
  return notes.length === 0 ? "" : ` (${notes.join(", ")})`;
}

function describeValues({ before, after }: FieldChange): string {
  const show = (value: unknown) => {
    const text = showValue(value);
    if (text === undefined) return "none";
    return isUnknown(value) ? text : code(text);
  };
  return `${show(before)} → ${show(after)}`;
}
