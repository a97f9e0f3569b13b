import type { ModelMetadata } from "../../../registry/metadata.ts";
import { assertRows } from "../../batching/batch-tensors.ts";
import { invalidInput } from "../../http-error.ts";
import type { Tensors } from "../../model/tensor.ts";
import { asObject, type JsonObject } from "../../payload/fields.ts";
import { parseJson } from "../../payload/json.ts";
import { parsingOf } from "../../payload/numbers.ts";
import type { RequestSchema, Values } from "../../payload/request-schema.ts";
import { NotFinite, notFinite } from "../../payload/serialize.ts";
import { tensorOf } from "../../payload/tensor-of.ts";
import type { Protocol } from "../protocol.ts";
import { readNamedRows } from "./tensors.ts";

/** One request object of a list, and the range of its rows. */
interface ListItem {
  readonly request: JsonObject;
  readonly from: number;
  readonly rows: number;
}

/**
 * `/predict`: requests by the model's own schema, or by the names of its inputs. One request object gives one response; a list gives a list of as many. In
 * both cases all rows together must fit into the queue (`MAX_QUEUE_SIZE`).
 */
export const predictProtocol: Protocol = {
  read(_ctx, bytes, { schema, model }, options) {
    if (schema === undefined) {
      return readNamedRows(bytes, model, options);
    }
    const { maxRows, memory } = options;
    const body = parseJson(bytes, parsingOf(model.metadata.signature.inputs));
    const values: Values = [];
    if (!Array.isArray(body)) {
      const request = asObject(body, "");
      const rows = schema.read(request, "", values, maxRows);
      return {
        inputs: tensorOf(schema.input, values, rows, memory),
        rows,
        wanted: schema.outputs,
        serialize(_ctx, outputs) {
          assertRows(outputs, rows);
          return serialize(schema, model.metadata, outputs, request, 0, rows);
        },
      };
    }
    const items = readList(schema, body, values, maxRows);
    const rows = items.reduce((sum, item) => sum + item.rows, 0);
    return {
      inputs: tensorOf(schema.input, values, rows, memory),
      rows,
      wanted: schema.outputs,
      serialize(_ctx, outputs) {
        assertRows(outputs, rows);
        return items.map((item) => serialize(schema, model.metadata, outputs, item.request, item.from, item.rows));
      },
    };
  },
};

/** @throws HttpError 422 that names the output if a number in it cannot be represented in JSON. */
function serialize(
  schema: RequestSchema,
  { name: model }: ModelMetadata,
  outputs: Tensors,
  request: JsonObject,
  from: number,
  rows: number,
): unknown {
  try {
    return schema.serialize(request, outputs, from, rows);
  } catch (error) {
    if (error instanceof NotFinite) {
      const [output = ""] = [...outputs].find(([, tensor]) => tensor === error.tensor) ?? [];
      throw notFinite(error.value, output, `POST /v2/models/${model}/infer`);
    }
    throw error;
  }
}

function readList(schema: RequestSchema, list: readonly unknown[], values: Values, maxRows: number): ListItem[] {
  if (list.length === 0) {
    throw invalidInput("", "the list must have at least one request");
  }
  if (list.length > maxRows) {
    throw invalidInput("", `the list must not have more than ${maxRows} requests; it has ${list.length}`);
  }
  let from = 0;
  return list.map((element, index) => {
    const path = `[${index}]`;
    const request = asObject(element, path);
    if (from >= maxRows) {
      throw invalidInput(path, `begins after the ${maxRows} rows that one request may have`);
    }
    const rows = schema.read(request, path, values, maxRows - from);
    const item = { request, from, rows };
    from += rows;
    return item;
  });
}
