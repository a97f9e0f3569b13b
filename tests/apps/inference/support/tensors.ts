import { type Answer, send } from "./server.ts";

/** A response with binary tensors: its JSON, and the bytes after it. */
export interface BinaryAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into responses of any form
  readonly body: any;
  readonly raw: Buffer;
}

/** Sends an inference request with binary tensors after its JSON, and splits the response in the same way. */
export async function postBinary(url: string, request: unknown, raw: Uint8Array): Promise<BinaryAnswer> {
  const json = Buffer.from(JSON.stringify(request));
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "Content-Type": "application/octet-stream",
      "Inference-Header-Content-Length": String(json.length),
    },
    body: Buffer.concat([json, raw]),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const length = Number(response.headers.get("inference-header-content-length") ?? bytes.length);
  return {
    status: response.status,
    headers: response.headers,
    body: JSON.parse(bytes.subarray(0, length).toString()),
    raw: bytes.subarray(length),
  };
}

/** Sends an inference request as JSON. */
export function infer(url: string, model: string, request: unknown): Promise<Answer> {
  return send(`${url}/v2/models/${model}/infer`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(request),
  });
}
