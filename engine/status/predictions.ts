import { request as httpRequest } from "node:http";
import { UserError } from "../../common/errors.ts";
import { waitFor } from "../../common/wait.ts";
import type { ModelStatus, StackStatus, VersionStatus } from "./stack-status.ts";

/** Sample inputs by model name. */
const SAMPLES: Readonly<Record<string, readonly object[]>> = {
  "sentiment-classifier": [
    { text: "The staff were friendly and the room was spotless, we loved every minute" },
    { text: "It broke after two days and nobody answers my letters, a waste of money" },
  ],
  iris: [{ sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 }],
  half_plus_two: [{ instances: [1, 2, 5] }],
};

/** A request and its answer. */
export interface Prediction {
  readonly model: string;
  /** URL of the request. */
  readonly url: string;
  readonly request: object;
  readonly response: unknown;
  /** Value of the Host header; undefined if the route accepts every host. */
  readonly host: string | undefined;
  /** Whether the model requires an API key. */
  readonly withKey: boolean;
}

interface Answer {
  /** HTTP status, or why there is none. */
  readonly status: number | string;
  /** Version of the model that answered; undefined if the answer does not name it. */
  readonly version: string | undefined;
  readonly body: string;
}

/**
 * Requests predictions on sample inputs from each model with a route, through the gateway, until all of a model's versions
 * answer: a gateway learns of new pods one Service at a time, up to seconds after they are ready. A model that is scaled to zero is
 * not asked.
 *
 * @param timeoutSeconds how long requests may fail. @default 60
 * @throws UserError with the answer if a request still fails after that
 */
export async function samplePredictions(
  gatewayUrl: string,
  models: StackStatus["models"],
  timeoutSeconds = 60,
): Promise<Prediction[]> {
  const deadline = performance.now() + timeoutSeconds * 1000;
  const predictions: Prediction[] = [];
  for (const [name, requests] of Object.entries(SAMPLES)) {
    const model = models.find((candidate) => candidate.name === name && candidate.path !== undefined);
    if (model === undefined || hasNoPods(model)) continue;
    for (const [index, request] of requests.entries()) {
      const settled = settlement(index === 0 ? model.versions : []);
      predictions.push(await predict(gatewayUrl, model, request, settled, deadline));
    }
  }
  return predictions;
}

/** Whether an autoscaler has scaled everything behind the route to zero. */
function hasNoPods({ versions }: ModelStatus): boolean {
  const served = versions.filter(({ weight }) => weight > 0);
  return served.length > 0 && served.every(({ wanted }) => wanted === 0);
}

/** Percent of the requests below which a version is not waited for: it would take thousands of requests. */
const LEAST_SAMPLED = 1;

/**
 * Decides, answer by answer, whether a route leads to all of its pods: enough requests in a row have succeeded to reach each pod
 * in turn, and every version was among the answers, or was missing from five times as many.
 */
function settlement(versions: readonly VersionStatus[]): (answer: Answer) => boolean {
  const served = versions.filter(({ weight, wanted }) => weight >= LEAST_SAMPLED && wanted > 0);
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
  let last: Answer | undefined;
  const askUntilFailure = async () => {
    for (;;) {
      last = await post(url, host, apiKey, request);
      if (settled(last)) return last.body;
      if (last.status !== 200) return undefined;
    }
  };
  const body = await waitFor(askUntilFailure, { timeout: deadline - performance.now() });
  if (body === undefined) {
    const answer = `${last?.status} ${last?.body}`;
    throw new UserError(`${model.name} does not answer at ${url}: ${answer}`, "see `npm run status`");
  }
  return { model: model.name, url, request, response: JSON.parse(body), host, withKey: apiKey !== undefined };
}

/** Sends a request, with another Host header if one is given, which `fetch` does not allow. */
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
