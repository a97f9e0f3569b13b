import { request as httpRequest } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../errors.ts";
import type { ModelStatus, StackStatus } from "./status.ts";

/** Inputs to show a model at work with, by name of the model. */
const SAMPLES: Readonly<Record<string, readonly object[]>> = {
  "sentiment-classifier": [
    { text: "The staff were friendly and the room was spotless, we loved every minute" },
    { text: "It broke after two days and nobody answers my letters, a waste of money" },
  ],
  iris: [{ sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 }],
  half_plus_two: [{ instances: [1, 2, 5] }],
};

/** A request and the answer that the cluster gave. */
export interface Prediction {
  readonly model: string;
  /** URL of the request. */
  readonly url: string;
  readonly request: object;
  readonly response: unknown;
  /** Host to name in the request; undefined where every host will do. */
  readonly host: string | undefined;
  /** Whether the model asks for an API key. */
  readonly withKey: boolean;
}

/**
 * Asks each model that a route leads to for predictions on sample inputs, through the gateway.
 *
 * @param timeoutSeconds how long a route may take to answer for the first time. @default 60
 * @throws UserError where a model does not answer in time, with its last answer
 */
export async function samplePredictions(
  gatewayUrl: string,
  models: StackStatus["models"],
  timeoutSeconds = 60,
): Promise<Prediction[]> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  const predictions: Prediction[] = [];
  for (const [name, requests] of Object.entries(SAMPLES)) {
    const model = models.find((candidate) => candidate.name === name && candidate.path !== undefined);
    if (model === undefined) continue;
    for (const request of requests) predictions.push(await predict(gatewayUrl, model, request, deadline));
  }
  return predictions;
}

async function predict(gatewayUrl: string, model: ModelStatus, request: object, deadline: number): Promise<Prediction> {
  const { host, apiKey } = model;
  const url = new URL(`${(model.path ?? "/").replace(/\/$/, "")}/predict`, gatewayUrl).href;
  for (;;) {
    const { status, body } = await post(url, host, apiKey, request);
    if (status === 200) {
      return { model: model.name, url, request, response: JSON.parse(body), host, withKey: apiKey !== undefined };
    }
    if (Date.now() > deadline) {
      throw new UserError(`${model.name} does not answer at ${url}: ${status} ${body}`, "see `npm run status`");
    }
    await sleep(500);
  }
}

/** Sends a request, under the name of another host where one is given: `fetch` would not do that. */
function post(
  url: string,
  host: string | undefined,
  apiKey: string | undefined,
  request: object,
): Promise<{ status: number | string; body: string }> {
  const headers = {
    "content-type": "application/json",
    ...(host === undefined ? {} : { host }),
    ...(apiKey === undefined ? {} : { "x-api-key": apiKey }),
  };
  return new Promise((resolve) => {
    const fail = (error: Error) => resolve({ status: "no connection", body: error.message });
    const call = httpRequest(url, { method: "POST", headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => (body += chunk));
      response.on("error", fail);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    call.on("error", fail);
    call.end(JSON.stringify(request));
  });
}
