import type { Context } from "koa";
import { UNDECLARED } from "../../http/body/content-type.ts";
import type { Model } from "../../model/model.ts";
import type { Tensor, Tensors } from "../../model/tensor.ts";
import { encode } from "../../payload/binary.ts";
import { notFinite, serializeElements } from "../../payload/serialize.ts";
import type { Protocol } from "../protocol.ts";
import { topClasses } from "./classification.ts";
import { RAW_TYPE, readV2Request, type V2Request } from "./request.ts";
import type { RequestedOutput } from "./tensors.ts";

/** The Open Inference Protocol v2: tensors as JSON, or binary by the binary tensor extension. */
export const inferProtocol: Protocol = {
  types: [RAW_TYPE, UNDECLARED],
  read(ctx, bytes, { model }, options) {
    const request = readV2Request(ctx.req, bytes, model, options);
    return {
      inputs: request.inputs,
      rows: request.rows,
      serialize: (response, outputs) => serializeResponse(response, request, model, outputs),
    };
  },
};

function serializeResponse(ctx: Context, request: V2Request, model: Model, outputs: Tensors): unknown {
  const { name, version } = model.metadata;
  const raw: Buffer[] = [];
  const tensors = request.outputs.map((requested) => serializeOutput(requested, model, outputs, raw));
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

/** The tensor that a request asks for: an output, or its classes. */
export function requestedTensor({ name, classes }: RequestedOutput, model: Model, outputs: Tensors): Tensor {
  const tensor = outputs.get(name);
  if (tensor === undefined) {
    throw new Error(`the model's output lacks "${name}"`);
  }
  return classes > 0 ? topClasses(tensor, classes, model.batched, model.metadata.signature.labels) : tensor;
}

function serializeOutput(requested: RequestedOutput, model: Model, outputs: Tensors, raw: Buffer[]) {
  const { name, binary } = requested;
  const { datatype, shape, data } = requestedTensor(requested, model, outputs);
  if (!binary) {
    return { name, datatype, shape, data: serializeElements(datatype, data, (value) => notFinite(value, name)) };
  }
  const bytes = encode(data);
  raw.push(bytes);
  return { name, datatype, shape, parameters: { binary_data_size: bytes.length } };
}
