import type { Context } from "koa";
import type { ModelMetadata } from "../../../registry/metadata.ts";
import { UNDECLARED } from "../../http/body.ts";
import type { Tensors } from "../../model/tensor.ts";
import { wordElements } from "../../payload/elements.ts";
import { notFinite } from "../../payload/numbers.ts";
import type { Protocol } from "../prediction.ts";
import { encode } from "./binary.ts";
import { type InferRequest, RAW_TYPE, readInferRequest } from "./request.ts";

/** Inference by the Open Inference Protocol v2: JSON tensors, and raw ones by the binary tensor extension. */
export const inferProtocol: Protocol = {
  types: [RAW_TYPE, UNDECLARED],
  read(ctx, bytes, { model }, maxRows) {
    const request = readInferRequest(ctx.req, bytes, model, maxRows);
    return {
      inputs: request.inputs,
      rows: request.rows,
      word: (answer, outputs) => wordAnswer(answer, request, model.metadata, outputs),
    };
  },
};

function wordAnswer(ctx: Context, request: InferRequest, { name, version }: ModelMetadata, outputs: Tensors): unknown {
  const raw: Buffer[] = [];
  const tensors = request.outputs.map((requested) => wordOutput(requested.name, requested.binary, outputs, raw));
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

function wordOutput(name: string, binary: boolean, outputs: Tensors, raw: Buffer[]) {
  const tensor = outputs.get(name);
  if (tensor === undefined) {
    throw new Error(`the model's answer lacks "${name}"`);
  }
  const { datatype, shape, data } = tensor;
  if (!binary) {
    return { name, datatype, shape, data: wordElements(datatype, data, (value) => notFinite(value, name)) };
  }
  const bytes = encode(data);
  raw.push(bytes);
  return { name, datatype, shape, parameters: { binary_data_size: bytes.length } };
}
