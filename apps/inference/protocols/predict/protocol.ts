import type { ModelMetadata } from "../../../registry/metadata.ts";
import { assertRows } from "../../batching/batch-tensors.ts";
import { invalidInput, Problem } from "../../http-error.ts";
import type { Tensors } from "../../model/tensor.ts";
import { parseJson } from "../../payload/json.ts";
import { NotFinite, notFinite, parsingOf } from "../../payload/numbers.ts";
import { asObject, type Form, type Values } from "../../payload/request-schema.ts";
import { tensorOf } from "../../payload/tensor-of.ts";
import type { Protocol } from "../prediction.ts";

interface Asked {
  readonly request: Readonly<Record<string, unknown>>;
  readonly from: number;
  readonly rows: number;
}

/**
 * By the model's own form: one request object → one answer; a list of 1 or more → a list of as many. Either way the rows of
 * one request together must fit the queue (`MAX_QUEUE_SIZE`): more could never be accepted.
 */
export const formProtocol: Protocol = {
  read(_ctx, bytes, { form, model }, maxRows) {
    if (form === undefined) {
      const { name } = model.metadata;
      throw new Problem(404, "not_found", `model ${name} takes tensors; POST /v2/models/${name}/infer`);
    }
    const body = parseJson(bytes, parsingOf(model.metadata.signature.inputs));
    const values: Values = [];
    if (!Array.isArray(body)) {
      const request = asObject(body, "");
      const rows = form.read(request, "", values, maxRows);
      return {
        inputs: tensorOf(form.input, values, rows),
        rows,
        wanted: form.outputs,
        word(_ctx, outputs) {
          assertRows(outputs, rows);
          return word(form, model.metadata, outputs, request, 0, rows);
        },
      };
    }
    const asked = readAll(form, body, values, maxRows);
    const rows = asked.reduce((sum, one) => sum + one.rows, 0);
    return {
      inputs: tensorOf(form.input, values, rows),
      rows,
      wanted: form.outputs,
      word(_ctx, outputs) {
        assertRows(outputs, rows);
        return asked.map((one) => word(form, model.metadata, outputs, one.request, one.from, one.rows));
      },
    };
  },
};

/** @throws Problem 422 that names the output where the answer to one request object is no number. */
function word(
  form: Form,
  { name: model }: ModelMetadata,
  outputs: Tensors,
  request: Asked["request"],
  from: number,
  rows: number,
): unknown {
  try {
    return form.word(request, outputs, from, rows);
  } catch (error) {
    if (error instanceof NotFinite) {
      const [output = ""] = [...outputs].find(([, tensor]) => tensor === error.tensor) ?? [];
      throw notFinite(error.value, output, model);
    }
    throw error;
  }
}

function readAll(form: Form, list: readonly unknown[], values: Values, maxRows: number): Asked[] {
  if (list.length === 0) {
    throw invalidInput("", "the list must have at least one request");
  }
  if (list.length > maxRows) {
    throw invalidInput("", `the list must not have more than ${maxRows} requests; it has ${list.length}`);
  }
  let from = 0;
  return list.map((item, index) => {
    const path = `[${index}]`;
    const request = asObject(item, path);
    if (from >= maxRows) {
      throw invalidInput(path, `begins after the ${maxRows} rows that one request may have`);
    }
    const rows = form.read(request, path, values, maxRows - from);
    const one = { request, from, rows };
    from += rows;
    return one;
  });
}
