import { type Field, type FieldType, fieldsOf } from "./api.ts";
import { DELETE_FROM_LIST, isObject, PATCH, RETAIN_KEYS } from "./merge.ts";

/** What the API server would refuse, and where. */
export interface ApiProblem {
  readonly path: string;
  readonly message: string;
}

/**
 * What Kubernetes' API refuses about an object: unknown fields, wrong types, missing fields.
 *
 * @param path path of the object in the settings
 */
export function objectProblems(value: unknown, type: FieldType, path: string): ApiProblem[] {
  return problems({ value, base: undefined, type, path, patches: false });
}

/**
 * The same for a patch. What it adds must be complete; what it changes need not.
 *
 * @param base what it is merged over; an unknown one (`true`) has every object that the patch names
 * @param path path of the patch in the settings
 */
export function patchProblems(patch: unknown, base: unknown, type: FieldType, path: string): ApiProblem[] {
  return problems({ value: patch, base, type, path, patches: true });
}

interface Place {
  readonly value: unknown;
  readonly base: unknown;
  readonly type: FieldType;
  readonly path: string;
  /** Whether `null` and directives such as `$patch` have a meaning. */
  readonly patches: boolean;
}

function problems(place: Place): ApiProblem[] {
  switch (place.type.is) {
    case "any":
      return [];
    case "object":
      return objectFieldProblems(place, place.type.definition);
    case "map":
      return mapProblems(place, place.type.values);
    case "list":
      return listProblems(place, place.type);
    default: {
      const message = scalarProblem(place.type.is, place.value);
      return message === undefined ? [] : [{ path: place.path, message }];
    }
  }
}

function objectFieldProblems({ value, base, path, patches }: Place, definition: string): ApiProblem[] {
  if (!isObject(value)) return [{ path, message: "must have fields, such as `name: value`" }];
  if (patches && value[PATCH] === "delete") return [];
  const fields = fieldsOf(definition);
  const known = patches && value[PATCH] === "replace" ? undefined : base;
  const given = Object.entries(value).flatMap(([key, part]) => {
    const at = `${path}.${key}`;
    if (patches && isDirective(key)) return directiveProblems(key, part, at);
    const field = fields[key];
    if (field === undefined) return [{ path: at, message: `unknown field${suggestion(key, Object.keys(fields))}` }];
    if (part === null) return removalProblems(field, patches, at);
    return problems({ value: part, base: below(known, key), type: field.type, path: at, patches });
  });
  // A base of which nothing is known has all that is required.
  if (known === true) return given;
  const missing = Object.entries(fields).flatMap(([name, { required }]) =>
    required && value[name] === undefined && below(known, name) === undefined
      ? [{ path: `${path}.${name}`, message: "is missing" }]
      : [],
  );
  return [...given, ...missing];
}

function removalProblems({ required }: Field, patches: boolean, path: string): ApiProblem[] {
  if (!patches) return [{ path, message: "has no value; give one, or leave it out" }];
  return required ? [{ path, message: "is required; it cannot be taken away" }] : [];
}

function mapProblems({ value, base, path, patches }: Place, type: FieldType): ApiProblem[] {
  if (!isObject(value)) return [{ path, message: "must have values by name, such as `name: value`" }];
  return Object.entries(value).flatMap(([key, part]) => {
    const at = `${path}.${key}`;
    if (patches && (part === null || isDirective(key))) return part === null ? [] : directiveProblems(key, part, at);
    return problems({ value: part, base: below(base, key), type, path: at, patches });
  });
}

function listProblems({ value, base, path, patches }: Place, type: FieldType & { is: "list" }): ApiProblem[] {
  if (!Array.isArray(value)) return [{ path, message: "must be a list" }];
  const by = patches && typeof type.merge === "object" ? type.merge.by : undefined;
  return value.flatMap((item: unknown, index) => {
    const at = `${path}[${index}]`;
    if (by === undefined) {
      // What replaces a whole list is complete in itself.
      return problems({ value: item, base: undefined, type: type.items, path: at, patches: false });
    }
    if (!isObject(item)) return [{ path: at, message: "must have fields, such as `name: value`" }];
    const key = item[by];
    if (key === undefined) {
      if (item[PATCH] === "replace") return [];
      return [{ path: `${at}.${by}`, message: `is missing; it says which item of the list is meant` }];
    }
    return problems({ value: item, base: itemOf(base, by, key), type: type.items, path: at, patches });
  });
}

function itemOf(base: unknown, by: string, key: unknown): unknown {
  if (base === true) return true;
  return Array.isArray(base) ? base.find((item) => isObject(item) && item[by] === key) : undefined;
}

function below(base: unknown, key: string): unknown {
  if (base === true) return true;
  return isObject(base) ? base[key] : undefined;
}

const DIRECTIVES = ["replace", "delete", "merge"];

function isDirective(key: string): boolean {
  return key === PATCH || key === RETAIN_KEYS || key.startsWith(DELETE_FROM_LIST);
}

function directiveProblems(key: string, value: unknown, path: string): ApiProblem[] {
  if (key === PATCH) {
    return DIRECTIVES.some((directive) => directive === value)
      ? []
      : [{ path, message: `must be ${DIRECTIVES.join(", ")}` }];
  }
  return Array.isArray(value) ? [] : [{ path, message: "must be a list" }];
}

/** @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
const QUANTITY = /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?[0-9]+)?$/;
const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

function scalarProblem(is: Exclude<FieldType["is"], "any" | "object" | "map" | "list">, value: unknown) {
  switch (is) {
    case "string":
      if (typeof value === "string" || isLater(value)) return undefined;
      return typeof value === "object" ? "must be text" : `must be text; write it in quotes: "${value}"`;
    case "bytes":
      return (typeof value === "string" && BASE64.test(value)) || isLater(value) ? undefined : "must be Base64";
    case "boolean":
      return typeof value === "boolean" || isLater(value) ? undefined : "must be true or false";
    case "integer":
      return Number.isInteger(value) || isLater(value) ? undefined : `must be a whole number${unquoted(value)}`;
    case "number":
      return typeof value === "number" || isLater(value) ? undefined : `must be a number${unquoted(value)}`;
    case "int-or-string":
      return Number.isInteger(value) || typeof value === "string" || isLater(value)
        ? undefined
        : "must be a whole number or text";
    case "quantity":
      return typeof value === "number" || (typeof value === "string" && QUANTITY.test(value)) || isLater(value)
        ? undefined
        : "must be a quantity such as 500m, 1Gi or 4";
  }
}

function unquoted(value: unknown): string {
  return typeof value === "string" && /^[0-9.]+$/.test(value) ? `; write it without quotes: ${value}` : "";
}

/** Whether Pulumi knows the value only later. */
function isLater(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isObject(value);
}

/** The name that was probably meant, for the end of a message. */
export function suggestion(name: string, known: readonly string[]): string {
  const [closest] = known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance);
  return closest !== undefined && closest.distance <= Math.max(1, name.length / 3)
    ? `; did you mean ${closest.candidate}?`
    : "";
}

/** Levenshtein distance: how many letters have to be added, left out or changed. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_item, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const changed = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, changed));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
