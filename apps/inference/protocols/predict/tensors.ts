import type { ModelMetadata, TensorSpec } from "../../../registry/metadata.ts";
import { HttpError, invalidInput } from "../../http-error.ts";
import type { Model } from "../../model/model.ts";
import { rowWidth, type Tensors } from "../../model/tensor.ts";
import { asObject } from "../../payload/fields.ts";
import { readInstances } from "../../payload/instances.ts";
import { parseJson } from "../../payload/json.ts";
import { parsingOf } from "../../payload/numbers.ts";
import { byLabel, NotFinite, notFinite, serializeValue } from "../../payload/serialize.ts";
import type { InferenceRequest, ReadOptions } from "../protocol.ts";
import { assertOwnRows } from "../rows.ts";
import { serializeRow } from "./instances.ts";

/**
 * `/predict` for a model without a request schema of its own: an object with a row of each input, by its name, gives an object
 * with a row of each output. Scores of classes are objects by class. A list of objects gives a list.
 *
 * @throws HttpError 404 if the model has no batch dimension; 422 with the path of the mistake.
 */
export function readNamedRows(bytes: Buffer, model: Model, { maxRows, memory }: ReadOptions): InferenceRequest {
  const { metadata } = model;
  const { name, signature } = metadata;
  if (!model.batched || signature.inputs.length === 0) {
    throw new HttpError(404, "not_found", `model ${name} takes tensors; POST /v2/models/${name}/infer`);
  }
  const body = parseJson(bytes, parsingOf(signature.inputs));
  const rows: readonly unknown[] = Array.isArray(body) ? body : [body];
  if (rows.length < 1 || rows.length > maxRows) {
    throw invalidInput("", `the list must have 1 to ${maxRows} requests; it has ${rows.length}`);
  }
  const isList = Array.isArray(body);
  for (const [row, request] of rows.entries()) {
    asObject(request, isList ? `[${row}]` : "");
  }
  const inputs = isList
    ? readInstances(signature, rows, memory, "")
    : withoutIndex(() => readInstances(signature, rows, memory, ""));
  return {
    inputs,
    rows: rows.length,
    serialize(_ctx, outputs) {
      assertOwnRows(outputs, rows.length, name);
      const answers = rows.map((_, row) => serializeOutputs(metadata, outputs, row));
      return isList ? answers : answers[0];
    },
  };
}

/** Errors of a single request have paths in that request, not in a list of one. */
function withoutIndex<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof HttpError && error.path !== undefined) {
      throw new HttpError(error.status, error.code, error.message, { path: error.path.replace(/^\[0\]\.?/, "") });
    }
    throw error;
  }
}

function serializeOutputs({ name: model, signature }: ModelMetadata, outputs: Tensors, row: number): unknown {
  const { outputs: specs, labels } = signature;
  return Object.fromEntries(
    specs.map((spec) => {
      try {
        return [spec.name, serializeOutput(spec, outputs, row, labels)];
      } catch (error) {
        if (error instanceof NotFinite) {
          throw notFinite(error.value, spec.name, `POST /v2/models/${model}/infer`);
        }
        throw error;
      }
    }),
  );
}

/** @param classes Names of the classes, for scores. */
function serializeOutput(spec: TensorSpec, outputs: Tensors, row: number, classes?: readonly string[]): unknown {
  const tensor = outputs.get(spec.name);
  if (tensor === undefined) {
    throw new Error(`the model's output lacks "${spec.name}"`);
  }
  const width = rowWidth(tensor.shape);
  const areScores = tensor.shape.length === 2 && width === classes?.length && spec.datatype.startsWith("FP");
  const labels = spec.labels ?? (areScores ? classes : undefined);
  if (labels === undefined) {
    return serializeRow(tensor, row);
  }
  return byLabel(
    labels,
    Array.from({ length: width }, (_, column) => serializeValue(tensor, row * width + column)),
  );
}
