import { readFile } from "node:fs/promises";
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from "@grpc/grpc-js";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { definitions } from "../../apps/inference/grpc/definitions.ts";

/**
 * The baseline for gRPC: a minimal server of ModelInfer on grpc-js for iris. One run of the model per call with all outputs; no validation,
 * key, metrics or log.
 *
 * node bench/server/grpc-floor.ts MODEL.onnx PORT
 */
const [file = "", port] = process.argv.slice(2);
const session = await InferenceSession.create(await readFile(file), {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
});
const [input = ""] = session.inputNames;

interface InferRequest {
  readonly model_name: string;
  readonly id: string;
  readonly inputs: readonly { readonly shape: readonly number[] }[];
  readonly raw_input_contents: readonly Buffer[];
}

const DATATYPES: Readonly<Record<string, string>> = { float32: "FP32", int64: "INT64" };

async function infer({ model_name, id, inputs, raw_input_contents }: InferRequest): Promise<object> {
  const [bytes = Buffer.alloc(0)] = raw_input_contents;
  // A message's bytes may begin anywhere, a tensor's may not.
  const values = new Float32Array(Uint8Array.from(bytes).buffer);
  const outputs = await session.run({ [input]: new Tensor("float32", values, inputs[0]?.shape ?? []) });
  const named = Object.entries(outputs);
  return {
    ...{ model_name, model_version: "1", id },
    outputs: named.map(([name, { type, dims }]) => ({ name, datatype: DATATYPES[type], shape: dims })),
    raw_output_contents: named.map(([, { data }]) => {
      const { buffer, byteOffset, byteLength } = data as Float32Array;
      return Buffer.from(buffer, byteOffset, byteLength);
    }),
  };
}

const method = definitions().inference["ModelInfer"];
if (method === undefined) throw new Error("the proto file lacks ModelInfer");
const server = new Server();
server.register(
  method.path,
  (call: ServerUnaryCall<InferRequest, object>, respond: sendUnaryData<object>) =>
    infer(call.request).then(
      (response) => respond(null, response),
      (error) => respond({ details: String(error) }),
    ),
  method.responseSerialize,
  method.requestDeserialize as (bytes: Buffer) => InferRequest,
  "unary",
);
server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
});
