import type { IncomingMessage } from "node:http";
import type { Context } from "koa";
import type { SubmitOptions } from "../batching/batcher-options.ts";
import { type BodyLimits, checkType, readBody } from "../http/body.ts";
import { BodyBudget } from "../http/body-budget.ts";
import { before } from "../http/deadlines.ts";
import type { AnswerJson, FlatHeaders } from "../http/response.ts";
import type { Route } from "../http/router.ts";
import { leaveUnread } from "../http/sheddable.ts";
import { Problem, unavailable } from "../http-error.ts";
import { failureOf } from "../metrics/failure.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { ModelMetrics, RequestStatus } from "../metrics/model-metrics.ts";
import { refusalOf } from "../model/rejection.ts";
import type { Tensors } from "../model/tensor.ts";
import type { ModelHost } from "../repository/model-repository.ts";
import type { ServedModel } from "../repository/served-model.ts";
import type { Settings } from "../settings.ts";

/** Memory for bodies that are arriving: 64 MiB, or one of the longest where that is more. */
const BODIES_BYTES = 64 * 1024 * 1024;

/** A request that has been read and found right. */
export interface Question {
  readonly inputs: Tensors;
  /** Rows in each input; 1 where the model has no batch dimension. */
  readonly rows: number;
  /** Names of the outputs that the answer is made of, always in the same list. @default all */
  readonly wanted?: readonly string[];
  /** The answer as a JSON value; undefined where it is another kind, which has been put into `ctx.body`. */
  readonly word: (ctx: Context, outputs: Tensors) => unknown;
}

/** A way of asking: how a body is read, and how its answer is worded. */
export interface Protocol {
  /** What a body may be declared as besides JSON. @default nothing */
  readonly types?: readonly string[];
  /**
   * @param maxRows Most rows that one request may have.
   * @throws Problem 400 or 422 with what is wrong, and where.
   */
  readonly read: (ctx: Context, body: Buffer, served: ServedModel, maxRows: number) => Question;
}

/** What predictions need. */
export interface PredictionDeps {
  readonly host: ModelHost;
  readonly metrics: Metrics;
  readonly answer: AnswerJson;
  readonly settings: Pick<Settings, "maxBodyBytes" | "maxQueueSize" | "requestTimeoutMs">;
}

/** What every way of asking has in common: the model, the body and its bounds, the deadline, the counting. */
export class Prediction {
  readonly #host: ModelHost;
  readonly #metrics: Metrics;
  readonly #send: AnswerJson;
  /** Bounds of every body of the API; they share one budget of memory. */
  readonly limits: BodyLimits;
  readonly #maxRows: number;
  readonly #timeoutMs: number;

  constructor({ host, metrics, answer, settings }: PredictionDeps) {
    this.#host = host;
    this.#metrics = metrics;
    this.#send = answer;
    this.#maxRows = settings.maxQueueSize;
    this.#timeoutMs = settings.requestTimeoutMs;
    this.limits = {
      maxBytes: settings.maxBodyBytes,
      timeoutMs: settings.requestTimeoutMs,
      budget: new BodyBudget(Math.max(BODIES_BYTES, settings.maxBodyBytes)),
    };
  }

  /** A route to predictions; the path's words are the model and its version, in this order, or fewer. */
  route(path: string, protocol: Protocol): Route {
    return {
      method: "POST",
      path,
      handle: (ctx, [model, version]) => this.answer(ctx, protocol, model, version),
      refusal: ([model, version]) => this.refusal(model, version),
    };
  }

  /** Why any request for a model would be refused at this moment, which counts as one that was; undefined where it would not. */
  refusal(name: string | undefined, version: string | undefined): Problem | undefined {
    const served = this.#look(name, version);
    const problem = served?.batcher.refusal(1, performance.now() + this.#timeoutMs);
    if (problem !== undefined) {
      served?.metrics.failed("rejected", "REJECTED", 0);
    }
    return problem;
  }

  /**
   * Answers one request.
   *
   * @param name Model; undefined for the only one there is.
   * @param version Version; undefined for the newest that is loaded.
   */
  async answer(ctx: Context, protocol: Protocol, name?: string, version?: string): Promise<void> {
    const started = performance.now();
    const deadline = started + this.#timeoutMs;
    let served: ServedModel | undefined;
    let options: SubmitOptions | undefined;
    try {
      served = this.#find(name, version);
      ctx.state["headers"] = namesOf(served);
      checkType(ctx.req, protocol.types);
      // Before the body is read, and again when it has been: what is refused at all should be refused cheaply.
      assertRoom(served, deadline, ctx.req);
      const body = await readBody(ctx, this.limits);
      const arrived = performance.now();
      // Found anew: from here to the queue nothing waits, so that the model cannot be let go of in between.
      const found = this.#find(name, version);
      if (found !== served) {
        served = found;
        ctx.state["headers"] = namesOf(served);
      }
      assertRoom(served, deadline);
      const { inputs, rows, wanted, word } = protocol.read(ctx, body, served, this.#maxRows);
      const asked = performance.now();
      options = { wanted, client: ctx.req.socket, waitedUs: -1, ranUs: 0 };
      const outputs = await before(deadline, served.batcher.submit(inputs, rows, deadline, options));
      const answered = performance.now();
      const value = word(ctx, outputs);
      if (value !== undefined) {
        this.#send(ctx, value);
      }
      const worded = performance.now();
      ctx.state["rows"] = rows;
      const recorder = served.metrics;
      recorder.request("success", (worded - started) / 1000, rows);
      recorder.stages((asked - arrived) / 1000, (answered - asked) / 1000, (worded - answered) / 1000, options);
    } catch (error) {
      const problem = error instanceof Problem ? error : modelFailed(error, served);
      const failure = failureOf(error, (options?.waitedUs ?? -1) >= 0);
      const recorder = served?.metrics ?? this.#unloaded(problem);
      recorder?.failed(statusOf(problem), failure, (performance.now() - started) / 1000);
      throw problem;
    }
  }

  #look(name: string | undefined, version: string | undefined): ServedModel | undefined {
    return name === undefined ? this.#host.only : this.#host.find(name, version);
  }

  #find(name: string | undefined, version: string | undefined): ServedModel {
    return this.#look(name, version) ?? refuse(this.#host, name, version);
  }

  /** Requests for a model that is not there are counted where there is one name only: callers must not make up series. */
  #unloaded({ status }: Problem): ModelMetrics | undefined {
    const { model, version } = this.#host.identity;
    const isKnown = status === 503 && this.#host.selection.single !== undefined;
    return isKnown ? this.#metrics.modelToCome(model, version) : undefined;
  }
}

/** What an answer's headers say of the model. */
function namesOf({ model: { metadata } }: ServedModel): FlatHeaders {
  return ["X-Model-Name", metadata.name, "X-Model-Version", metadata.version];
}

/** @param unread Whose body has not been read, and will not be where there is no room. @default nobody */
function assertRoom({ batcher }: ServedModel, deadline: number, unread?: IncomingMessage): void {
  const refusal = batcher.refusal(1, deadline);
  if (refusal !== undefined) {
    if (unread !== undefined) {
      leaveUnread(unread);
    }
    throw refusal;
  }
}

/** Says why a model is not found: 404, or 503 where it is still to come. */
export function refuse(host: ModelHost, name: string | undefined, version: string | undefined): never {
  const known = name ?? host.selection.single;
  const mayCome = known === undefined ? host.names().length === 0 : isWanted(host, known, version);
  if (!host.ready && mayCome) {
    throw unavailable("not_ready", "the model is not loaded yet; try again shortly");
  }
  if (known === undefined) {
    const several = "several models are served here; name one: POST /models/{model}/predict";
    throw new Problem(404, "not_found", host.names().length === 0 ? "no model is loaded here" : several);
  }
  const what = version === undefined ? "" : ` version ${version}`;
  throw new Problem(404, "not_found", `model ${known}${what} is not served here`);
}

/** Whether a version that is not served, or any of the model, is among those that are asked for. */
function isWanted(host: ModelHost, name: string, version: string | undefined): boolean {
  const { selection } = host;
  if (version === undefined || !selection.includes(name)) {
    return selection.includes(name);
  }
  // As if it were published: where only the newest is asked for, and one is served, that is the one.
  const latest = host.versions(name).at(-1)?.model.metadata.version ?? version;
  return selection.versionsOf({ models: [{ name, versions: [version], latest }] }, name).includes(version);
}

/** 422 where a model that can answer refuses these values, 500 for everything else. */
function modelFailed(cause: unknown, served: ServedModel | undefined): Problem {
  const canAnswer = served !== undefined && (served.warmedUp || served.metrics.requests.success > 0);
  const refusal = canAnswer ? refusalOf(cause) : undefined;
  if (refusal !== undefined) {
    return new Problem(422, "invalid_input", refusal, { path: "", cause });
  }
  return new Problem(500, "model_error", "the model could not answer this request", { cause });
}

function statusOf({ status }: Problem): Exclude<RequestStatus, "success"> {
  if (status === 503) {
    return "rejected";
  }
  return status < 500 ? "invalid" : "error";
}
