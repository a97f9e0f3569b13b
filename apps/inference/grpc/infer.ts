import type { Client, RequestTimings } from "../batching/job-queue.ts";
import type { MemoryBudget } from "../http/body/memory-budget.ts";
import type { Deadlines } from "../http/deadlines.ts";
import { HttpError } from "../http-error.ts";
import { failureOf } from "../metrics/failure.ts";
import { byteSize } from "../model/tensor.ts";
import { throwNotServed } from "../protocols/not-served.ts";
import { assertRoom, LONG_BYTES, modelError, statusOf } from "../protocols/outcome.ts";
import type { ReadOptions } from "../protocols/protocol.ts";
import type { ModelRepository } from "../repository/model-repository.ts";
import type { ServedModel } from "../repository/served-model.ts";
import { parseInferRequest, readInferRequest } from "./request.ts";
import { writeInferResponse } from "./response.ts";

/** What predictions need. */
export interface InferDeps {
  readonly repository: ModelRepository;
  readonly deadlines: Deadlines;
  /** Memory for the inputs of long requests until they are answered. */
  readonly waiting: MemoryBudget;
  readonly readOptions: ReadOptions;
  /** Longest time that a request may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** A prediction, and what to tell about it. */
export interface Inferred {
  readonly bytes: Buffer;
  readonly served: ServedModel;
  readonly rows: number;
}

/** Answers `ModelInfer`, with the batches, limits and metrics of the other protocols. */
export class Inference {
  readonly #deps: InferDeps;

  constructor(deps: InferDeps) {
    this.#deps = deps;
  }

  /**
   * Answers one request.
   *
   * @param message A serialized `ModelInferRequest`.
   * @param callerDeadline When the caller gives up, on the clock of `Date.now()`; Infinity for never.
   * @throws HttpError
   */
  async answer(message: Buffer, callerDeadline: number, client: Client): Promise<Inferred> {
    const { repository, deadlines, waiting, readOptions, timeoutMs } = this.#deps;
    const started = performance.now();
    const deadline = started + Math.min(timeoutMs, callerDeadline - Date.now());
    let served: ServedModel | undefined;
    let timings: RequestTimings | undefined;
    let held = 0;
    try {
      const request = parseInferRequest(message);
      const version = request.modelVersion === "" ? undefined : request.modelVersion;
      served = repository.find(request.modelName, version) ?? throwNotServed(repository, request.modelName, version);
      assertRoom(served, deadline);
      const { inputs, rows, outputs: requested } = readInferRequest(request, served.model, readOptions);
      if (message.length > LONG_BYTES) {
        held = byteSize(inputs);
        waiting.take(held);
      }
      const submitted = performance.now();
      timings = { waitedUs: -1, ranUs: 0 };
      const options = Object.assign(timings, { wanted: undefined, client });
      const outputs = await deadlines.limit(deadline, served.batcher.submit(inputs, rows, deadline, options));
      const answered = performance.now();
      const bytes = writeInferResponse(served.model, request.id, requested, outputs);
      const sent = performance.now();
      served.metrics.request("success", (sent - started) / 1000, rows);
      served.metrics.stages(
        (submitted - started) / 1000,
        (answered - submitted) / 1000,
        (sent - answered) / 1000,
        options,
      );
      return { bytes, served, rows };
    } catch (cause) {
      const error = cause instanceof HttpError ? cause : modelError(cause, served);
      const failure = failureOf(cause, (timings?.waitedUs ?? -1) >= 0);
      served?.metrics.failed(statusOf(error), failure, (performance.now() - started) / 1000);
      throw error;
    } finally {
      if (held > 0) {
        waiting.give(held);
      }
    }
  }
}
