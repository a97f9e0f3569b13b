import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { ModelMetadata } from "../../../registry/metadata.ts";
import type { Model, OpenModel } from "../model.ts";
import type { Tensors } from "../tensor.ts";
import { type Opened, pack, type RunAnswer, type RunRequest, type ThreadData, unpack } from "./messages.ts";

/**
 * How to open ONNX models on threads of their own, one for each: a run of seconds then holds up nobody but the requests
 * for its own model. An artefact that has its memory for itself is handed over to the thread, not copied: its length is 0
 * afterwards.
 *
 * @param intraOpThreads Threads of one operator.
 */
export function threadOpener(intraOpThreads: number): OpenModel {
  return async (metadata, artefact) => {
    const workerData: ThreadData = { metadata, artefact, intraOpThreads };
    const { buffer } = artefact;
    const isWhole = buffer instanceof ArrayBuffer && artefact.byteLength === buffer.byteLength;
    const transferList = isWhole ? [buffer] : [];
    const worker = new Worker(new URL("./thread.ts", import.meta.url), {
      workerData,
      transferList,
      name: metadata.name,
    });
    const [opened]: Opened[] = await once(worker, "message");
    if (opened === undefined || "error" in opened) {
      await worker.terminate();
      throw new Error(opened?.error ?? "the model's thread did not answer");
    }
    return new ThreadedModel(opened, worker);
  };
}

interface Waiting {
  readonly resolve: (outputs: Tensors) => void;
  readonly reject: (error: Error) => void;
}

class ThreadedModel implements Model {
  readonly metadata: ModelMetadata;
  readonly batched: boolean;
  readonly maxRows: number;
  readonly ragged: boolean;
  readonly lost: Promise<void>;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onIdle: (() => void)[] = [];
  #lastId = 0;
  #hasEnded = false;

  constructor(opened: Exclude<Opened, { error: string }>, worker: Worker) {
    this.metadata = opened.metadata;
    this.batched = opened.batched;
    this.maxRows = opened.maxRows;
    this.ragged = opened.ragged;
    this.#worker = worker;
    worker.on("message", (answer: RunAnswer) => this.#settle(answer));
    // Without a listener the end of a thread, by want of memory for instance, would be the end of the process.
    worker.on("error", () => {});
    this.lost = new Promise((resolve) => {
      worker.on("exit", () => {
        this.#hasEnded = true;
        for (const { reject } of this.#waiting.values()) {
          reject(new Error("the model's thread ended"));
        }
        this.#waiting.clear();
        resolve();
      });
    });
  }

  run(inputs: Tensors): Promise<Tensors> {
    return new Promise((resolve, reject) => {
      if (this.#hasEnded) {
        reject(new Error("the model's thread has ended"));
        return;
      }
      this.#lastId += 1;
      this.#waiting.set(this.#lastId, { resolve, reject });
      const { parcel, memory } = pack(inputs);
      this.#worker.postMessage({ id: this.#lastId, inputs: parcel } satisfies RunRequest, memory);
    });
  }

  /** Once the thread is idle: ONNX Runtime's binding ends the whole process where a thread is stopped in the midst of a run. */
  async close(): Promise<void> {
    while (this.#waiting.size > 0) {
      await Promise.race([this.lost, new Promise<void>((resolve) => this.#onIdle.push(resolve))]);
    }
    await this.#worker.terminate();
  }

  #settle(answer: RunAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) {
      for (const resolve of this.#onIdle.splice(0)) {
        resolve();
      }
    }
    if ("error" in answer) {
      waiting?.reject(new Error(answer.error));
    } else {
      waiting?.resolve(unpack(answer.outputs));
    }
  }
}
