import { parentPort, workerData } from "node:worker_threads";
import type { Model } from "../model.ts";
import { onnxOpener } from "../onnx.ts";
import { type Opened, pack, type RunAnswer, type RunRequest, type ThreadData, unpack } from "./messages.ts";

/** The thread of one model: opens it, says so, and answers one run after the other. */
const { metadata, artefact, intraOpThreads } = workerData as ThreadData;

async function answer(model: Model, { id, inputs }: RunRequest): Promise<void> {
  let message: RunAnswer;
  let memory: ArrayBuffer[] = [];
  try {
    const packed = pack(await model.run(unpack(inputs)), true);
    memory = packed.memory;
    message = { id, outputs: packed.parcel };
  } catch (error) {
    message = { id, error: wordError(error) };
  }
  parentPort?.postMessage(message, memory);
}

function wordError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

try {
  const model = await onnxOpener(intraOpThreads)(metadata, artefact);
  parentPort?.on("message", (request: RunRequest) => answer(model, request));
  const { batched, maxRows, ragged } = model;
  parentPort?.postMessage({ metadata: model.metadata, batched, maxRows, ragged } satisfies Opened);
} catch (error) {
  parentPort?.postMessage({ error: wordError(error) } satisfies Opened);
}
