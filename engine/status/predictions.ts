import { request as httpRequest } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../common/errors.ts";
import type { ModelStatus, StackStatus, VersionStatus } from "./stack-status.ts";

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

interface Answer {
  /** HTTP status, or what kept the request from being answered. */
  readonly status: number | string;
  /** Version of the model that answered; undefined where the answer does not name it. */
  readonly version: string | undefined;
  readonly body: string;
}

/**
 * Asks each model that a route leads to for predictions on sample inputs, through the gateway, and ends once all of a model's
 * versions answer: a gateway hears of pods one Service after the other, up to seconds after they are ready.
 *
 * @param timeoutSeconds how long requests may fail until a route leads to all of its pods. @default 60
 * @throws UserError where a request still fails when the time is up, with its answer
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
    for (const [index, request] of requests.entries()) {
      const settled = settlement(index === 0 ? model.versions : []);
      predictions.push(await predict(gatewayUrl, model, request, settled, deadline));
    }
  }
  return predictions;
}

/**
 * Tells, answer by answer, whether a route leads to all the pods that it should: as many requests in a row have been answered
 * as it takes to come by each pod in turn, and every version was among them, or five times as many did not meet it.
 */
function settlement(versions: readonly VersionStatus[]): (answer: Answer) => boolean {
  const served = versions.filter(({ weight, wanted }) => weight > 0 && wanted > 0);
  const round = Math.max(1, ...served.map(({ weight, wanted }) => Math.ceil((wanted * 100) / weight)));
  const seen = new Set<string>();
  let inARow = 0;
  return ({ status, version }) => {
    if (status !== 200) {
      seen.clear();
      inARow = 0;
      return false;
    }
    seen.add(version ?? "");
    inARow += 1;
    return inARow >= round && (inARow >= 5 * round || served.every((one) => seen.has(one.version)));
  };
}

async function predict(
  gatewayUrl: string,
  model: ModelStatus,
  request: object,
  settled: (answer: Answer) => boolean,
  deadline: number,
): Promise<Prediction> {
  const { host, apiKey } = model;
  const url = new URL(`${(model.path ?? "/").replace(/\/$/, "")}/predict`, gatewayUrl).href;
  for (;;) {
    const answer = await post(url, host, apiKey, request);
    const { status, body } = answer;
    if (settled(answer)) {
      return { model: model.name, url, request, response: JSON.parse(body), host, withKey: apiKey !== undefined };
    }
    if (status === 200) continue;
    if (Date.now() > deadline) {
      throw new UserError(`${model.name} does not answer at ${url}: ${status} ${body}`, "see `npm run status`");
    }
    await sleep(500);
  }
}

/** Sends a request, under the name of another host where one is given: `fetch` would not do that. */
function post(url: string, host: string | undefined, apiKey: string | undefined, request: object): Promise<Answer> {
  const headers = {
    "content-type": "application/json",
    ...(host === undefined ? {} : { host }),
    ...(apiKey === undefined ? {} : { "x-api-key": apiKey }),
  };
  return new Promise((resolve) => {
    const fail = (error: Error) => resolve({ status: "no connection", version: undefined, body: error.message });
    const call = httpRequest(url, { method: "POST", headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => (body += chunk));
      response.on("error", fail);
      response.on("end", () => {
        const version = response.headers["x-model-version"]?.toString();
        resolve({ status: response.statusCode ?? 0, version, body });
      });
    });
    call.on("error", fail);
    call.end(JSON.stringify(request));
  });
}
