import { invalidInput } from "../http-error.ts";
import { keptInteger, keptNonFinite } from "./kept-numbers.ts";

/** A JSON object of a request. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Returns a value that is a JSON object. Throws HttpError 422 for any other value. */
export function asObject(value: unknown, path: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidInput(path, `must be a JSON object, not ${nameOf(value)}`);
  }
  return value as JsonObject;
}

/** A required field of the object at `path`. Inherited properties, such as `constructor`, do not count. */
export function field(object: JsonObject, name: string, path: string): unknown {
  if (!Object.hasOwn(object, name)) {
    throw invalidInput(join(path, name), "is missing");
  }
  return object[name];
}

/** An optional field; undefined if it is missing or null, which some clients send for a missing field. */
export function optional(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? (object[name] ?? undefined) : undefined;
}

/**
 * One of an object's `parameters`; undefined if it is missing.
 *
 * @param path Path of the object in the body.
 * @throws HttpError 422 if `parameters` is not an object.
 */
export function parameterOf(object: JsonObject, name: string, path: string): unknown {
  const parameters = optional(object, "parameters");
  return parameters === undefined ? undefined : optional(asObject(parameters, join(path, "parameters")), name);
}

/** An object's `parameters`, empty if they are missing. Throws HttpError 422 if they are not an object. */
export function parametersOf(object: JsonObject, path: string): JsonObject {
  return asObject(optional(object, "parameters") ?? {}, join(path, "parameters"));
}

/** A boolean, or undefined if it is missing. Throws HttpError 422 for any other value. */
export function asFlag(value: unknown, path: string): boolean | undefined {
  if (value !== undefined && typeof value !== "boolean") {
    throw invalidInput(path, `must be true or false, not ${nameOf(value)}`);
  }
  return value;
}

/** The path of a field of the object at `path`, or of an element of the list there. */
export function join(path: string, step: string | number): string {
  if (typeof step === "number") {
    return `${path}[${step}]`;
  }
  return path === "" ? step : `${path}.${step}`;
}

/** The type of a JSON value, for error messages. */
export function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (keptInteger(value) !== undefined) return "a number";
  const nonFinite = keptNonFinite(value);
  if (nonFinite !== undefined) return String(nonFinite);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
