import type { Context } from "koa";
import type { ModelMetadata } from "../../../registry/metadata.ts";
import { UNDECLARED } from "../../http/body/read-body.ts";
import type { Tensors } from "../../model/tensor.ts";
import { notFinite, serializeElements } from "../../payload/serialize.ts";
import type { Protocol } from "../protocol.ts";
import { encode } from "./binary.ts";
import { RAW_TYPE, readV2Request, type V2Request } from "./request.ts";

/** The Open Inference Protocol v2: tensors as JSON, or binary by the binary tensor extension. */
export const inferProtocol: Protocol = {
  types: [RAW_TYPE, UNDECLARED],
  read(ctx, bytes, { model }, options) {
    const request = readV2Request(ctx.req, bytes, model, options);
    return {
      inputs: request.inputs,
      rows: request.rows,
      serialize: (response, outputs) => serializeResponse(response, request, model.metadata, outputs),
    };
  },
};

function serializeResponse(
  ctx: Context,
  request: V2Request,
  { name, version }: ModelMetadata,
  outputs: Tensors,
): unknown {
  const raw: Buffer[] = [];
  const tensors = request.outputs.map((requested) => serializeOutput(requested.name, requested.binary, outputs, raw));
  const body = {
    model_name: name,
    model_version: version,
    ...(request.id === undefined ? {} : { id: request.id }),
    outputs: tensors,
  };
  if (raw.length === 0) {
    return body;
  }
  const json = Buffer.from(JSON.stringify(body));
  ctx.set("Inference-Header-Content-Length", String(json.length));
  ctx.type = RAW_TYPE;
  ctx.body = Buffer.concat([json, ...raw]);
  return undefined;
}

function serializeOutput(name: string, binary: boolean, outputs: Tensors, raw: Buffer[]) {
  const tensor = outputs.get(name);
  if (tensor === undefined) {
    throw new Error(`the model's output lacks "${name}"`);
  }
  const { datatype, shape, data } = tensor;
  if (!binary) {
    return { name, datatype, shape, data: serializeElements(datatype, data, (value) => notFinite(value, name)) };
  }
  const bytes = encode(data);
  raw.push(bytes);
  return { name, datatype, shape, parameters: { binary_data_size: bytes.length } };
}
