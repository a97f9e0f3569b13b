import { parentPort, workerData } from "node:worker_threads";
import { errorMessage } from "../../../registry/errors.ts";
import type { Model } from "../model.ts";
import { onnxOpener } from "../onnx.ts";
import { type Opened, pack, type RunRequest, type RunResponse, type ThreadData, unpack } from "./messages.ts";

/** The worker thread of one model: opens it, reports that, and does one run after the other. */
const { metadata, artifact, externalData, intraOpThreads } = workerData as ThreadData;

async function respond(model: Model, { id, inputs }: RunRequest): Promise<void> {
  let message: RunResponse;
  let memory: ArrayBuffer[] = [];
  try {
    const packed = pack(await model.run(unpack(inputs)), true);
    memory = packed.memory;
    message = { id, outputs: packed.tensors };
  } catch (error) {
    message = { id, error: errorMessage(error) };
  }
  parentPort?.postMessage(message, memory);
}

try {
  const model = await onnxOpener(intraOpThreads)(metadata, artifact, externalData);
  parentPort?.on("message", (request: RunRequest) => respond(model, request));
  const { batched, maxRows, ragged, notes = [] } = model;
  parentPort?.postMessage({ metadata: model.metadata, batched, maxRows, ragged, notes } satisfies Opened);
} catch (error) {
  parentPort?.postMessage({ error: errorMessage(error) } satisfies Opened);
}
