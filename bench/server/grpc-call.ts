import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { definitions } from "../../apps/inference/grpc/definitions.ts";
import { FLOWER } from "./cases.ts";

const METHOD = definitions().inference["ModelInfer"];
/** Path of ModelInfer. */
export const PATH = METHOD?.path ?? "";

/** A `ModelInferRequest` for a number of flowers, with their features as raw bytes. */
export function inferMessage(rows: number): Buffer {
  const values = Float32Array.from({ length: rows * FLOWER.length }, (_, index) => FLOWER[index % FLOWER.length] ?? 0);
  const request = {
    ...{ model_name: "iris", raw_input_contents: [Buffer.from(values.buffer)] },
    inputs: [{ name: "features", datatype: "FP32", shape: [rows, FLOWER.length] }],
  };
  return METHOD?.requestSerialize(request) ?? Buffer.alloc(0);
}

/** Sends one call, and returns the response's bytes. @throws ServiceError if the call fails. */
export function callOnce(port: number, message: Buffer, key: string): Promise<Buffer> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set("x-api-key", key);
  const same = (bytes: Buffer) => bytes;
  return new Promise<Buffer>((resolve, reject) => {
    client.makeUnaryRequest(PATH, same, same, message, metadata, (error, response) =>
      error === null ? resolve(response ?? Buffer.alloc(0)) : reject(error),
    );
  }).finally(() => client.close());
}
