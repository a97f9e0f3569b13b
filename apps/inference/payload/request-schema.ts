import type { ModelMetadata, TensorSpec } from "../../registry/metadata.ts";
import { invalidInput } from "../http-error.ts";
import { batchingOf } from "../model/batch-dimension.ts";
import type { GraphFacts } from "../model/graph-facts.ts";
import type { Tensors } from "../model/tensor.ts";
import { keptInteger } from "./long-integers.ts";

/** Values of the rows read so far, one row after the other. */
export type Values = (number | string)[];

/** How one kind of model reads request objects and words its answers. */
export interface Form {
  /** The graph's only input. */
  readonly input: TensorSpec;
  /**
   * Checks one request object and appends its rows.
   *
   * @param path Where the object stands in the body: "" or `[3]`.
   * @param limit Most rows it may append.
   * @returns How many rows it appended, at least 1.
   * @throws Problem 422 with the path of what is wrong.
   */
  read(request: Readonly<Record<string, unknown>>, path: string, values: Values, limit: number): number;
  /**
   * Words the answer to one request object.
   *
   * @param request The object as `read` accepted it.
   * @param outputs The model's answer, also to other objects.
   * @param from Row of `outputs` that is the object's first.
   * @param rows How many rows are the object's.
   */
  word(request: Readonly<Record<string, unknown>>, outputs: Tensors, from: number, rows: number): unknown;
  /** Names of the outputs that `word` looks at. @default all */
  readonly outputs?: readonly string[];
  /** One row that any model of the kind can answer, to warm it up. */
  readonly sample: Values;
}

/** Builds the form for a signature of its kind; throws an Error where the signature does not suit the kind. */
export type FormOf = (metadata: ModelMetadata, facts: Pick<GraphFacts, "classes">) => Form;

/** The only input of a signature. Throws where there are more: these forms have nowhere to put them. */
export function onlyInput(metadata: ModelMetadata): TensorSpec {
  const { inputs, kind } = metadata.signature;
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) {
    throw new Error(`a ${kind} model must have one input; this one has ${inputs.length}`);
  }
  if (input.shape.slice(1).some((size) => size < 0)) {
    throw new Error(`input "${input.name}" must fix all dimensions but the first; its shape is [${input.shape}]`);
  }
  if (!batchingOf(metadata.signature).batched) {
    throw new Error(`a ${kind} model must have a batch dimension: make the first one 1 or of any size (-1)`);
  }
  return input;
}

/** A JSON object, or 422. */
export function asObject(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidInput(path, `must be a JSON object, not ${nameOf(value)}`);
  }
  return value as Readonly<Record<string, unknown>>;
}

/** The object's own field: what it inherits, such as `constructor`, is not part of the request. */
export function field(object: Readonly<Record<string, unknown>>, name: string, path: string): unknown {
  if (!Object.hasOwn(object, name)) {
    throw invalidInput(join(path, name), "is missing");
  }
  return object[name];
}

/** The path of a field of the object at `path`, or of an element of the list there. */
export function join(path: string, step: string | number): string {
  if (typeof step === "number") {
    return `${path}[${step}]`;
  }
  return path === "" ? step : `${path}.${step}`;
}

/** The kind of a JSON value as a caller would call it. */
export function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (keptInteger(value) !== undefined) return "a number";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
