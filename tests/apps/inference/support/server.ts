import { Writable } from "node:stream";
import { Deadlines } from "../../../../apps/inference/http/deadlines.ts";
import { createLogger } from "../../../../apps/inference/logger.ts";
import type { OpenModel } from "../../../../apps/inference/model/model.ts";
import { type RunningServer, startServer } from "../../../../apps/inference/server.ts";
import { readSettings } from "../../../../apps/inference/settings.ts";
import type { ModelName } from "./models.ts";
import { emptyRegistry, publish } from "./registry.ts";

/** A server in this process with a registry of its own, and what it has logged so far. */
export interface TestServer {
  readonly root: string;
  readonly running: RunningServer;
  readonly url: string;
  readonly log: readonly string[];
  /** The deadlines of the server's requests. */
  readonly deadlines: Deadlines;
  /** Sends JSON and returns the status, the headers and the JSON of the response. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  stop(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into responses of any form
  readonly body: any;
}

export interface TestServerOptions {
  /** Models to publish before the start. */
  readonly published?: readonly (readonly [ModelName, string])[];
  /** Model to serve. */
  readonly model: ModelName;
  readonly env?: Record<string, string>;
  /** Replaces ONNX Runtime. */
  readonly open?: OpenModel;
  /** How long the files of a version without metadata have to stay as they are, in milliseconds. @default 50 */
  readonly settleMs?: number;
  /** Whether to wait until the model is served. @default true */
  readonly wait?: boolean;
}

/** Starts the server on a free port; by default it serves version 1 of `model` and drains for 0 s. */
export async function startTestServer(options: TestServerOptions): Promise<TestServer> {
  const { model, published = [[model, "1"]], env = {}, open, settleMs = 50, wait = true } = options;
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
  const deadlines = new Deadlines();
  const running = await startServer(settings, {
    deadlines,
    logger: createLogger(settings.logLevel, destination),
    ...(open === undefined ? {} : { open }),
    retryMs: 20,
    settleMs,
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
    deadlines,
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

/** Starts a server with version 1 of each of several models, so that requests have to name one. */
export function startRepository(models: readonly [ModelName, ...ModelName[]], env: Record<string, string> = {}) {
  return startTestServer({
    model: models[0],
    published: models.map((model) => [model, "1"] as const),
    env: { MODEL_NAME: "*", MODEL_VERSION: "latest", ...env },
  });
}

/** Sends one request with fetch; a body that is not JSON is returned as text. */
export async function send(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  const isJson = text !== "" && response.headers.get("content-type")?.includes("json") === true;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** Longer than anything takes on a busy machine, shorter than mocha's timeout. */
const TIMEOUT_MS = 50_000;

/** Calls `found` every 10 ms until it returns something other than undefined, null or false. */
export async function until<T>(found: () => T | Promise<T>): Promise<NonNullable<T>> {
  // Not `performance.now()`, which tests replace.
  const end = Date.now() + TIMEOUT_MS;
  for (;;) {
    const value = await found();
    if (value !== undefined && value !== null && value !== false) {
      return value;
    }
    if (Date.now() > end) {
      throw new Error(`the condition was not met within ${TIMEOUT_MS / 1000} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
