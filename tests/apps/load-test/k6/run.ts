import { request } from "node:http";
import { buffer } from "node:stream/consumers";
import { MessageChannel, Worker } from "node:worker_threads";
import { brokenThresholds, type MetricKind, type Sample, valuesOf } from "./thresholds.ts";
import type { FromVu, HttpAnswer, HttpRequest, VuData } from "./vu-context.ts";

/** Result of a k6 script. */
export interface K6Result {
  /** Exit code of k6: 0, or 99 if a threshold is exceeded. */
  readonly exitCode: 0 | 99;
  readonly broken: readonly string[];
  /** Sum of the values of a metric, or of its part with some tags: `answers{version:1}`. */
  readonly sum: (selector: string) => number;
}

interface Options {
  readonly scenarios: Readonly<Record<string, Scenario>>;
  readonly thresholds: Readonly<Record<string, readonly string[]>>;
}

type Scenario =
  | { readonly executor: "per-vu-iterations"; readonly vus: number; readonly iterations: number }
  | { readonly executor: "constant-vus"; readonly vus: number; readonly duration: string };

const SECONDS: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600 };

/**
 * Runs a k6 script without k6. Each virtual user is a thread with its own modules. There, `k6`, `k6/http` and `k6/metrics`
 * are substitutes with the documented behavior of the functions that the load test uses.
 *
 * @param env value of `__ENV`
 * @throws Error if k6 would reject the script
 */
export async function runScript(script: string, env: Readonly<Record<string, string>>): Promise<K6Result> {
  const kinds = new Map<string, MetricKind>([
    ["checks", "rate"],
    ["http_req_failed", "rate"],
    ["http_req_duration", "trend"],
    ["iterations", "counter"],
  ]);
  const samples: Sample[] = [];
  let options: Options | undefined;
  const start = (plan: VuData["plan"]) =>
    runVu({ script, env, plan }, (message) => {
      if ("sample" in message) samples.push(message.sample);
      else if ("options" in message) options = message.options as Options;
      else kinds.set(message.metric, message.kind);
    });
  await start({ iterations: 0 });
  const { scenarios, thresholds } = options ?? { scenarios: {}, thresholds: {} };
  await Promise.all(Object.values(scenarios).flatMap((scenario) => plansOf(scenario).map(start)));
  const broken = brokenThresholds(thresholds, kinds, samples);
  return {
    exitCode: broken.length === 0 ? 0 : 99,
    broken,
    sum: (selector) => valuesOf(samples, selector).reduce((total, value) => total + value, 0),
  };
}

/** Plan of each user of a scenario. */
function plansOf(scenario: Scenario): VuData["plan"][] {
  return new Array(scenario.vus).fill(
    scenario.executor === "per-vu-iterations"
      ? { iterations: scenario.iterations }
      : { seconds: secondsOf(scenario.duration) },
  );
}

function secondsOf(duration: string): number {
  const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.map(([text]) => text).join("") !== duration) throw new Error(`"${duration}" is no duration`);
  return parts.reduce((sum, [, count, unit = "s"]) => sum + Number(count) * (SECONDS[unit] ?? 0), 0);
}

/** Runs one virtual user to its end. It blocks its event loop while it waits, so its requests are sent from this thread. */
function runVu(data: Omit<VuData, "answers" | "signal">, receive: (message: FromVu) => void): Promise<void> {
  const { port1: mine, port2: theirs } = new MessageChannel();
  const signal = new Int32Array(new SharedArrayBuffer(4));
  mine.on("message", async (asked: HttpRequest) => {
    mine.postMessage(await send(asked));
    Atomics.store(signal, 0, 1);
    Atomics.notify(signal, 0);
  });
  const vu = new Worker(new URL("./vu.ts", import.meta.url), {
    workerData: { ...data, answers: theirs, signal } satisfies VuData,
    transferList: [theirs],
  });
  vu.on("message", receive);
  return new Promise<void>((resolve, reject) => {
    vu.once("error", reject);
    vu.once("exit", () => resolve());
  }).finally(() => mine.close());
}

/** Sends one request; status 0 and the error if there is no response. */
function send({ method, url, body, headers }: HttpRequest): Promise<HttpAnswer> {
  const start = performance.now();
  const since = () => performance.now() - start;
  return new Promise((resolve) => {
    const outgoing = request(url, { method, headers: { ...headers } }, async (answer) => {
      const text = (await buffer(answer)).toString();
      const canonical = Object.entries(answer.headers).map(([name, value]) => [canonicalName(name), String(value)]);
      resolve({
        ...{ status: answer.statusCode ?? 0, body: text, error: "", duration: since() },
        headers: Object.fromEntries(canonical),
      });
    });
    outgoing.on("error", ({ message }) =>
      resolve({ status: 0, headers: {}, body: null, error: message, duration: since() }),
    );
    outgoing.end(body);
  });
}

/** The canonical form of header names in Go, which k6 uses. */
function canonicalName(name: string): string {
  return name
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join("-");
}
