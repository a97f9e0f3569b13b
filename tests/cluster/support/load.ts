import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "./cluster.ts";

/** The results so far. */
export interface LoadResult {
  readonly sent: number;
  /** A description of each failed request. */
  readonly failures: readonly string[];
  /** Number of responses by version of the model. */
  readonly versions: Readonly<Record<string, number>>;
}

export interface Load {
  /** Waits until the given number of further requests have been sent. */
  more(requests: number): Promise<void>;
  /** Ends the load and returns its result. */
  stop(): Promise<LoadResult>;
}

/** A load that is not stopped ends at these limits. */
const MAX_REQUESTS = 200_000;
const MAX_SECONDS = 180;

/**
 * Sends predictions through the gateway over keep-alive connections until stopped.
 *
 * @param connections number of concurrent requests. @default 8
 * @param host host of the route. @default that of the URL
 */
export function startLoad(
  { gatewayUrl, apiKey }: Pick<Cluster, "gatewayUrl" | "apiKey">,
  connections = 8,
  host?: string,
): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const url = new URL("/predict", gatewayUrl);
  const body = JSON.stringify({ text: "The soup was cold and the waiter was rude" });
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "x-api-key": apiKey,
    ...(host === undefined ? {} : { host }),
  };
  const deadline = Date.now() + MAX_SECONDS * 1000;
  const failures: string[] = [];
  const versions: Record<string, number> = {};
  let sent = 0;
  let stopped = false;

  const once = () =>
    new Promise<void>((resolve) => {
      const fail = (what: string) => {
        failures.push(what);
        resolve();
      };
      const call = request(url, { method: "POST", agent, headers, timeout: 30_000 }, (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk));
        response.on("error", (error) => fail(error.message));
        response.on("end", () => {
          if (response.statusCode !== 200) return fail(`${response.statusCode} ${text}`);
          const { version } = JSON.parse(text);
          versions[version] = (versions[version] ?? 0) + 1;
          resolve();
        });
      });
      call.on("timeout", () => call.destroy(new Error("no answer in 30 s")));
      call.on("error", (error) => fail(error.message));
      call.end(body);
    });

  const worker = async () => {
    while (!stopped && sent < MAX_REQUESTS && Date.now() < deadline) {
      sent += 1;
      await once();
    }
  };
  const workers = Array.from({ length: connections }, worker);
  return {
    more: async (requests) => {
      const goal = sent + requests;
      while (sent < goal && sent < MAX_REQUESTS && Date.now() < deadline) await sleep(20);
    },
    stop: async () => {
      stopped = true;
      await Promise.all(workers);
      agent.destroy();
      return { sent, failures, versions };
    },
  };
}
