import type { Context } from "koa";
import { before } from "../deadline.ts";
import { type BodyLimits, readJson } from "../http/body.ts";
import { BodyBudget } from "../http/body-budget.ts";
import type { Route } from "../http/router.ts";
import type { Metrics, RequestStatus } from "../metrics.ts";
import type { ModelHost, ServedModel } from "../model/host.ts";
import { sliceRows, type Tensors } from "../model/tensor.ts";
import { asObject, type Values } from "../predict/form.ts";
import { tensorOf } from "../predict/tensor-of.ts";
import { invalidInput, Problem, unavailable } from "../problem.ts";
import type { Settings } from "../settings.ts";

/** Memory for bodies that are arriving: 64 MiB, or one of the longest where that is more. */
const BODIES_BYTES = 64 * 1024 * 1024;

/** What the prediction route needs. */
export interface PredictDeps {
  readonly host: ModelHost;
  readonly metrics: Metrics;
  readonly settings: Pick<Settings, "maxBodyBytes" | "maxQueueSize" | "requestTimeoutMs">;
}

interface Asked {
  readonly request: Readonly<Record<string, unknown>>;
  readonly from: number;
  readonly rows: number;
}

/**
 * POST /predict: one request object → one answer; a list of 1 or more → a list of as many. Either way the rows of one
 * request together must fit the queue (`MAX_QUEUE_SIZE`): more could never be accepted.
 */
export function predict({ host, metrics, settings }: PredictDeps): Route {
  const limits: BodyLimits = {
    maxBytes: settings.maxBodyBytes,
    timeoutMs: settings.requestTimeoutMs,
    budget: new BodyBudget(Math.max(BODIES_BYTES, settings.maxBodyBytes)),
  };

  async function answer(ctx: Context): Promise<number> {
    const deadline = performance.now() + settings.requestTimeoutMs;
    const served = host.served;
    if (served === undefined) {
      throw unavailable("not_ready", "the model is not loaded yet; try again shortly");
    }
    ctx.set("X-Model-Name", served.model.metadata.name);
    ctx.set("X-Model-Version", served.model.metadata.version);
    const body = await readJson(ctx, limits);
    const list = Array.isArray(body) ? body : [body];
    const values: Values = [];
    const asked = readAll(served, list, Array.isArray(body), values, settings.maxQueueSize);
    const rows = asked.reduce((sum, one) => sum + one.rows, 0);
    const outputs = await before(
      deadline,
      served.batcher.submit(tensorOf(served.form.input, values, rows), rows, deadline),
    );
    const answers = asked.map((one) => served.form.word(one.request, rowsOf(outputs, one, rows), one.rows));
    ctx.body = Array.isArray(body) ? answers : answers[0];
    return rows;
  }

  return {
    method: "POST",
    path: "/predict",
    async handle(ctx) {
      const started = performance.now();
      const seconds = () => (performance.now() - started) / 1000;
      try {
        const rows = await answer(ctx);
        ctx.state["rows"] = rows;
        metrics.request("success", seconds(), rows);
      } catch (error) {
        const problem = error instanceof Problem ? error : modelFailed(error);
        metrics.request(statusOf(problem), seconds(), 0);
        throw problem;
      }
    },
  };
}

function readAll(
  { form }: ServedModel,
  list: readonly unknown[],
  isList: boolean,
  values: Values,
  maxRows: number,
): Asked[] {
  if (list.length === 0) {
    throw invalidInput("", "the list must have at least one request");
  }
  if (list.length > maxRows) {
    throw invalidInput("", `the list must not have more than ${maxRows} requests; it has ${list.length}`);
  }
  let from = 0;
  return list.map((item, index) => {
    const path = isList ? `[${index}]` : "";
    const request = asObject(item, path);
    if (from >= maxRows) {
      throw invalidInput(path, `begins after the ${maxRows} rows that one request may have`);
    }
    const rows = form.read(request, path, values, maxRows - from);
    const one = { request, from, rows };
    from += rows;
    return one;
  });
}

function rowsOf(outputs: Tensors, { from, rows }: Asked, all: number): Tensors {
  return rows === all
    ? outputs
    : new Map([...outputs].map(([name, tensor]) => [name, sliceRows(tensor, from, from + rows)]));
}

function modelFailed(cause: unknown): Problem {
  return new Problem(500, "model_error", "the model could not answer this request", { cause });
}

function statusOf({ status }: Problem): RequestStatus {
  if (status === 503) {
    return "rejected";
  }
  return status < 500 ? "invalid" : "error";
}
