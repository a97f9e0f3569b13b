import { invalidInput } from "../http-error.ts";
import { asObject, join, nameOf } from "./request-schema.ts";

/** A JSON object of a request. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * A field that may be left out; undefined where it is, or is null, as clients made from types write it. What an object
 * inherits is not part of the request.
 */
export function optional(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? (object[name] ?? undefined) : undefined;
}

/**
 * One of an object's `parameters`; undefined where it is left out.
 *
 * @param path Where the object stands in the body.
 * @throws Problem 422 where `parameters` is no object.
 */
export function parameterOf(object: JsonObject, name: string, path: string): unknown {
  const parameters = optional(object, "parameters");
  return parameters === undefined ? undefined : optional(asObject(parameters, join(path, "parameters")), name);
}

/** An object's `parameters`, empty where they are left out. Throws Problem 422 where they are no object. */
export function parametersOf(object: JsonObject, path: string): JsonObject {
  return asObject(optional(object, "parameters") ?? {}, join(path, "parameters"));
}

/** A boolean, or undefined where it is left out. Throws Problem 422 for anything else. */
export function asFlag(value: unknown, path: string): boolean | undefined {
  if (value !== undefined && typeof value !== "boolean") {
    throw invalidInput(path, `must be true or false, not ${nameOf(value)}`);
  }
  return value;
}
