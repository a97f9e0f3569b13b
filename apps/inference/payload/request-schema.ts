import type { ModelMetadata, TensorSpec } from "../../registry/metadata.ts";
import type { GraphFacts } from "../model/graph/facts.ts";
import type { Tensors } from "../model/tensor.ts";
import type { JsonObject } from "./fields.ts";

/** Values of the rows read so far, one row after the other. */
export type Values = (number | string)[];

/** How requests to one kind of model are read, and how its outputs are serialized. */
export interface RequestSchema {
  /** The graph's only input. */
  readonly input: TensorSpec;
  /**
   * Validates one request object and appends its rows.
   *
   * @param path Path of the object in the body: "" or `[3]`.
   * @param limit Most rows it may append.
   * @returns How many rows it appended, at least 1.
   * @throws HttpError 422 with the path of the mistake.
   */
  read(request: JsonObject, path: string, values: Values, limit: number): number;
  /**
   * Returns the response to one request object as a JSON value.
   *
   * @param request The object as `read` accepted it.
   * @param outputs The model's outputs, which may belong to several request objects.
   * @param from Index of the object's first row in `outputs`.
   * @param rows Number of its rows.
   */
  serialize(request: JsonObject, outputs: Tensors, from: number, rows: number): unknown;
  /** Names of the outputs that `serialize` reads. @default all */
  readonly outputs?: readonly string[];
  /** One row that any model of the kind accepts, to warm it up. */
  readonly sample: Values;
}

/** Facts about a graph that a request schema depends on. */
export type SchemaFacts = Pick<GraphFacts, "classes">;

/** Returns the request schema of a model; undefined for a model that takes tensors only. */
export type FindRequestSchema = (metadata: ModelMetadata, facts: SchemaFacts) => RequestSchema | undefined;
