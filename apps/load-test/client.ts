import http from "node:http";
import https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { LoadTestSettings } from "./settings.ts";

/** Outcome of one request. */
export interface Outcome {
  /** Status of the response, or the error if there was none, such as ECONNREFUSED. */
  readonly status: number | string;
  /** Time from sending to the last byte of the response. */
  readonly milliseconds: number;
  /** Version of the model that responded; undefined if the response has none. */
  readonly version: string | undefined;
}

/** Runs all clients concurrently. Each sends its requests one after the other over its own connection. */
export async function runClients(settings: LoadTestSettings): Promise<Outcome[]> {
  const outcomes = await Promise.all(Array.from({ length: settings.clients }, () => runClient(settings)));
  return outcomes.flat();
}

async function runClient(settings: LoadTestSettings): Promise<Outcome[]> {
  const { Agent } = settings.url.protocol === "https:" ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const outcomes: Outcome[] = [];
  for (let sent = 0; sent < settings.requests; sent++) {
    if (sent > 0) await sleep(settings.delayMilliseconds);
    outcomes.push(await measure(settings, agent));
  }
  agent.destroy();
  return outcomes;
}

async function measure(settings: LoadTestSettings, agent: http.Agent): Promise<Outcome> {
  const start = performance.now();
  try {
    const { status, version } = await send(settings, agent);
    return { status, milliseconds: performance.now() - start, version };
  } catch (error) {
    return { status: errorName(error), milliseconds: performance.now() - start, version: undefined };
  }
}

/** Sends one request and reads the response. Does not use `fetch`, which forbids setting the Host header. */
function send(settings: LoadTestSettings, agent: http.Agent): Promise<Pick<Outcome, "version"> & { status: number }> {
  const { url, headers, body, timeoutSeconds } = settings;
  const { request } = url.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: "POST",
        agent,
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body), ...headers },
        signal: AbortSignal.timeout(timeoutSeconds * 1000),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const named = response.headers["x-model-version"];
          const version = typeof named === "string" ? named : versionIn(Buffer.concat(chunks).toString());
          resolve({ status: response.statusCode ?? 0, version });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** The version in the body of a response. */
function versionIn(body: string): string | undefined {
  try {
    const { version } = Object(JSON.parse(body)) as { version?: unknown };
    return version === undefined ? undefined : String(version);
  } catch {
    return undefined;
  }
}

function errorName(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A timeout aborts the request.
  if (error.name === "AbortError" || error.name === "TimeoutError") return "timeout";
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
