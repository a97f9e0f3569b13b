import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { ModelMetadata } from "../../../registry/metadata.ts";
import type { Model, OpenModel } from "../model.ts";
import type { Tensors } from "../tensor.ts";
import { type Opened, pack, type RunRequest, type RunResponse, type ThreadData, unpack } from "./messages.ts";

/**
 * Returns a function that opens each ONNX model on a worker thread of its own: a long run then delays requests for its own
 * model only. Memory of which the artifact or a file with weights is the only view is transferred to the thread: its length is 0
 * afterwards.
 *
 * @param intraOpThreads Threads of one operator.
 */
export function threadOpener(intraOpThreads: number): OpenModel {
  return async (metadata, artifact, externalData = []) => {
    const workerData: ThreadData = { metadata, artifact, externalData, intraOpThreads };
    const transferList = [artifact, ...externalData.map(({ data }) => data)].flatMap(({ buffer, byteLength }) =>
      buffer instanceof ArrayBuffer && byteLength === buffer.byteLength ? [buffer] : [],
    );
    const worker = new Worker(new URL("./thread.ts", import.meta.url), {
      workerData,
      transferList,
      name: metadata.name,
    });
    const [opened]: Opened[] = await once(worker, "message");
    if (opened === undefined || "error" in opened) {
      await worker.terminate();
      throw new Error(opened?.error ?? "the model's thread did not respond");
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
  readonly notes: readonly string[];
  readonly crashed: Promise<void>;
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
    this.notes = opened.notes ?? [];
    this.#worker = worker;
    worker.on("message", (response: RunResponse) => this.#settle(response));
    // Without a listener an error of the thread, such as a lack of memory, would end the process.
    worker.on("error", () => {});
    this.crashed = new Promise((resolve) => {
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
      const { tensors, memory } = pack(inputs);
      this.#worker.postMessage({ id: this.#lastId, inputs: tensors } satisfies RunRequest, memory);
    });
  }

  /** Waits until the thread is idle: to terminate it during a run would crash the whole process (ONNX Runtime's binding). */
  async close(): Promise<void> {
    while (this.#waiting.size > 0) {
      await Promise.race([this.crashed, new Promise<void>((resolve) => this.#onIdle.push(resolve))]);
    }
    await this.#worker.terminate();
  }

  #settle(response: RunResponse): void {
    const waiting = this.#waiting.get(response.id);
    this.#waiting.delete(response.id);
    if (this.#waiting.size === 0) {
      for (const resolve of this.#onIdle.splice(0)) {
        resolve();
      }
    }
    if ("error" in response) {
      waiting?.reject(new Error(response.error));
    } else {
      waiting?.resolve(unpack(response.outputs));
    }
  }
}
