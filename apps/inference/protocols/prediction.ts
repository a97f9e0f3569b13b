import type { Context } from "koa";
import type { SubmitOptions } from "../batching/batcher-options.ts";
import { checkType } from "../http/body/content-type.ts";
import type { MemoryBudget } from "../http/body/memory-budget.ts";
import { type BodyLimits, readBody } from "../http/body/read-body.ts";
import type { Deadlines } from "../http/deadlines.ts";
import type { FlatHeaders, SendJson } from "../http/response.ts";
import type { Route } from "../http/router.ts";
import { HttpError } from "../http-error.ts";
import { failureOf } from "../metrics/failure.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { ModelMetrics } from "../metrics/model-metrics.ts";
import { byteSize } from "../model/tensor.ts";
import type { TensorMemory } from "../model/tensor-memory.ts";
import type { ModelRepository } from "../repository/model-repository.ts";
import type { ServedModel } from "../repository/served-model.ts";
import { throwNotServed } from "./not-served.ts";
import { assertRoom, LONG_BYTES, modelError, statusOf } from "./outcome.ts";
import type { Protocol, ReadOptions } from "./protocol.ts";

/** What predictions need. */
export interface PredictionDeps {
  readonly repository: ModelRepository;
  readonly metrics: Metrics;
  readonly send: SendJson;
  /** Limits for the bodies of requests. */
  readonly limits: BodyLimits;
  readonly deadlines: Deadlines;
  readonly memory: TensorMemory;
  /** Memory for the inputs of long requests until they are answered. */
  readonly waiting: MemoryBudget;
  /** Most rows of one request: those that the queue of a model holds. */
  readonly maxRows: number;
  /** Longest time that a request may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** What all protocols have in common: finding the model, reading the body, the deadline, metrics. */
export class Prediction {
  readonly #repository: ModelRepository;
  readonly #metrics: Metrics;
  readonly #send: SendJson;
  readonly #limits: BodyLimits;
  readonly #deadlines: Deadlines;
  readonly #readOptions: ReadOptions;
  readonly #waiting: MemoryBudget;
  readonly #timeoutMs: number;

  constructor(deps: PredictionDeps) {
    const { repository, metrics, send, limits, deadlines, memory, waiting, maxRows, timeoutMs } = deps;
    this.#repository = repository;
    this.#metrics = metrics;
    this.#send = send;
    this.#limits = limits;
    this.#deadlines = deadlines;
    this.#readOptions = { maxRows, memory };
    this.#waiting = waiting;
    this.#timeoutMs = timeoutMs;
  }

  /** A route for predictions; the path's parameters are model and version, in this order, or fewer. */
  route(path: string, protocol: Protocol): Route {
    return {
      method: "POST",
      path,
      handle: (ctx, [model, version]) => this.answer(ctx, protocol, model, version),
      rejection: ([model, version]) => this.rejection(model, version),
    };
  }

  /** The error if any request for the model would be rejected now, which is counted; undefined if none would. */
  rejection(name: string | undefined, version: string | undefined): HttpError | undefined {
    const served = this.#look(name, version);
    const rejection = served?.batcher.rejection(1, performance.now() + this.#timeoutMs);
    if (rejection !== undefined) {
      served?.metrics.failed("rejected", "REJECTED", 0);
    }
    return rejection;
  }

  /**
   * Answers one request.
   *
   * @param name Model; undefined for the only one that is served.
   * @param version Version; undefined for the newest that is loaded.
   */
  async answer(ctx: Context, protocol: Protocol, name?: string, version?: string): Promise<void> {
    const started = performance.now();
    const deadline = started + this.#timeoutMs;
    let served: ServedModel | undefined;
    let options: SubmitOptions | undefined;
    let held = 0;
    try {
      served = this.#find(name, version);
      ctx.state["headers"] = modelHeaders(served);
      checkType(ctx.req, protocol.types);
      // Checked before the body is read, so that a rejection is cheap, and again afterwards.
      assertRoom(served, deadline, ctx.req);
      const body = await readBody(ctx, this.#limits);
      const isLong = body.length > LONG_BYTES;
      const arrived = performance.now();
      // Looked up again: nothing is awaited from here to the queue, so the model cannot be unloaded in between.
      const found = this.#find(name, version);
      if (found !== served) {
        served = found;
        ctx.state["headers"] = modelHeaders(served);
      }
      assertRoom(served, deadline);
      const { inputs, rows, wanted, serialize } = protocol.read(ctx, body, served, this.#readOptions);
      if (isLong) {
        held = byteSize(inputs);
        this.#waiting.take(held);
      }
      const submitted = performance.now();
      options = { wanted, client: ctx.req.socket, waitedUs: -1, ranUs: 0 };
      const outputs = await this.#deadlines.limit(deadline, served.batcher.submit(inputs, rows, deadline, options));
      const answered = performance.now();
      const value = serialize(ctx, outputs);
      const sending = value === undefined ? undefined : this.#send(ctx, value);
      if (sending !== undefined) {
        await sending;
      }
      const sent = performance.now();
      ctx.state["rows"] = rows;
      const recorder = served.metrics;
      recorder.request("success", (sent - started) / 1000, rows);
      recorder.stages((submitted - arrived) / 1000, (answered - submitted) / 1000, (sent - answered) / 1000, options);
    } catch (cause) {
      const error = cause instanceof HttpError ? cause : modelError(cause, served);
      const failure = failureOf(cause, (options?.waitedUs ?? -1) >= 0);
      const recorder = served?.metrics ?? this.#notLoaded(error);
      recorder?.failed(statusOf(error), failure, (performance.now() - started) / 1000);
      throw error;
    } finally {
      if (held > 0) {
        this.#waiting.give(held);
      }
    }
  }

  #look(name: string | undefined, version: string | undefined): ServedModel | undefined {
    return name === undefined ? this.#repository.only : this.#repository.find(name, version);
  }

  #find(name: string | undefined, version: string | undefined): ServedModel {
    return this.#look(name, version) ?? throwNotServed(this.#repository, name, version);
  }

  /** Metrics for requests to a model that is not loaded; only if a single name is possible, so that callers cannot add series. */
  #notLoaded({ status }: HttpError): ModelMetrics | undefined {
    const { model, version } = this.#repository.identity;
    const isKnown = status === 503 && this.#repository.selection.single !== undefined;
    return isKnown ? this.#metrics.modelToCome(model, version) : undefined;
  }
}

function modelHeaders({ model: { metadata } }: ServedModel): FlatHeaders {
  return ["X-Model-Name", metadata.name, "X-Model-Version", metadata.version];
}
