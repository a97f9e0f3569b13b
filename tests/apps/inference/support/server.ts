import { Writable } from "node:stream";
import { createLogger } from "../../../../apps/inference/logger.ts";
import type { OpenModel } from "../../../../apps/inference/model/model.ts";
import { type RunningServer, startServer } from "../../../../apps/inference/server.ts";
import { readSettings } from "../../../../apps/inference/settings.ts";
import type { ModelName } from "./models.ts";
import { emptyRegistry, publish } from "./registry.ts";

/** A server of this process over a registry of its own, and what it logged so far. */
export interface TestServer {
  readonly root: string;
  readonly running: RunningServer;
  readonly url: string;
  readonly log: readonly string[];
  /** Sends JSON and returns status, headers and the JSON that came back. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  stop(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: the point of the tests is to look into answers of any form
  readonly body: any;
}

export interface TestServerOptions {
  /** What the registry holds at the start. */
  readonly published?: readonly (readonly [ModelName, string])[];
  /** Model to serve. */
  readonly model: ModelName;
  readonly env?: Record<string, string>;
  /** Stands in for ONNX Runtime. */
  readonly open?: OpenModel;
  /** Whether to wait until the model answers. @default true */
  readonly wait?: boolean;
}

/** Starts the server on a free port; by default it serves version 1 of `model` and drains for 0 s. */
export async function startTestServer(options: TestServerOptions): Promise<TestServer> {
  const { model, published = [[model, "1"]], env = {}, open, wait = true } = options;
  const { root, remove } = await emptyRegistry();
  if (published.length > 0) {
    await publish(root, ...published);
  }
  const log: string[] = [];
  const destination = new Writable({
    write(line, _encoding, done) {
      log.push(String(line));
      done();
    },
  });
  const settings = readSettings({
    MODEL_DIR: root,
    MODEL_NAME: model,
    MODEL_VERSION: "1",
    HOST: "127.0.0.1",
    PORT: "0",
    METRICS_PORT: "0",
    DRAIN_SECONDS: "0",
    SHUTDOWN_SECONDS: "2",
    LOG_LEVEL: "debug",
    ...env,
  });
  const running = await startServer(settings, {
    logger: createLogger(settings.logLevel, destination),
    ...(open === undefined ? {} : { open }),
    retryMs: 20,
  });
  if (wait) {
    await running.loaded;
  }
  const url = `http://127.0.0.1:${running.port}`;
  return {
    root,
    running,
    url,
    log,
    post(path, body, headers = {}) {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      return send(url + path, {
        method: "POST",
        body: text,
        headers: { "Content-Type": "application/json", ...headers },
      });
    },
    get: (path, headers = {}) => send(url + path, { headers }),
    async stop() {
      await running.shutDown();
      await remove();
    },
  };
}

/** The same with version 1 of each of several models, of which none is the one that a request means which names none. */
export function startRepository(models: readonly [ModelName, ...ModelName[]], env: Record<string, string> = {}) {
  return startTestServer({
    model: models[0],
    published: models.map((model) => [model, "1"] as const),
    env: { MODEL_NAME: "*", MODEL_VERSION: "latest", ...env },
  });
}

/** One request by fetch; a body that is not JSON comes back as text. */
export async function send(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  const isJson = text !== "" && response.headers.get("content-type")?.includes("json") === true;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** Far beyond what anything takes on a machine that is busy with other work, and before mocha loses patience. */
const PATIENCE_MS = 50_000;

/** Looks again every 10 ms until `found` gives something other than undefined or false. */
export async function until<T>(found: () => T | Promise<T>): Promise<NonNullable<T>> {
  // Not by `performance.now()`, which tests take over.
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await found();
    if (value !== undefined && value !== null && value !== false) {
      return value;
    }
    if (Date.now() > end) {
      throw new Error(`what was waited for did not come within ${PATIENCE_MS / 1000} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
