import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Registry } from "prom-client";
import { errorMessage } from "../registry/errors.ts";
import { createApp, createMetricsApp, waitingBudget } from "./app.ts";
import type { BatchScheduler } from "./batching/scheduler.ts";
import { createBatchingState } from "./batching/state.ts";
import type { GrpcDeps, GrpcServer } from "./grpc/server.ts";
import { Connections } from "./http/connections.ts";
import { Deadlines } from "./http/deadlines.ts";
import { type Handle, SheddableRequest } from "./http/sheddable.ts";
import { answerUnparsed } from "./http/unparsed.ts";
import { Lifecycle } from "./lifecycle.ts";
import type { Logger } from "./logger.ts";
import { Metrics } from "./metrics/metrics.ts";
import type { OpenModel } from "./model/model.ts";
import { onnxOpener } from "./model/onnx.ts";
import { movingOpener } from "./model/threads/moving.ts";
import { threadOpener } from "./model/threads/threaded.ts";
import { requestSchemaFor } from "./protocols/predict/request-schemas.ts";
import { ModelRepository } from "./repository/model-repository.ts";
import { readVersion } from "./repository/published.ts";
import type { Settings } from "./settings.ts";
import { type HttpServer, shutDown } from "./shutdown.ts";
import type { Tracing } from "./telemetry/tracing.ts";

/**
 * How long an idle connection is kept, in milliseconds. The gateway must close it first, or it may send a request on a
 * connection that is just being closed; the default of Traefik and Go is 90 s.
 */
const KEEP_ALIVE_MS = 100_000;
const MARGIN_MS = 5_000;
/** To Node, a connection that a gateway opened in advance waits for headers: it gets as long as an idle one. */
const HEADERS_MS = KEEP_ALIVE_MS + MARGIN_MS;

/** The logger, and dependencies that tests may replace. */
export interface ServerDeps {
  readonly logger: Logger;
  /** @default ONNX Runtime */
  readonly open?: OpenModel;
  /** Time between two checks for the model, in milliseconds. @default 1000 */
  readonly retryMs?: number;
  /** How long the files of a version without metadata have to stay as they are, in milliseconds. @default 2000 */
  readonly settleMs?: number;
  /** The deadlines of all requests. @default those of this server alone */
  readonly deadlines?: Deadlines;
}

/** A listening server. */
export interface RunningServer {
  /** Bound port of the API. */
  readonly port: number;
  /** Bound port of /metrics alone; undefined if there is none. */
  readonly metricsPort: number | undefined;
  /** Bound port of the gRPC API; undefined if there is none. */
  readonly grpcPort: number | undefined;
  /** Resolves when the models are served; rejects with ModelWaitError if that takes too long. */
  readonly loaded: Promise<void>;
  /**
   * Drains and closes everything; a second call skips the rest of the drain, a third closes all open connections. Resolves to
   * whether everything is closed; if not, a run of a model continues that only the end of the process can stop.
   */
  shutDown(): Promise<boolean>;
}

/** The server cannot listen on a port; the message names the setting and the remedy, in one line. */
export class ListenError extends Error {
  override name = "ListenError";
}

/**
 * Starts the server: it listens at once, while its models are loading.
 *
 * @throws ListenError if a port is taken or not allowed.
 */
export async function startServer(settings: Settings, deps: ServerDeps): Promise<RunningServer> {
  const { logger, open = openerFor(settings, logger), deadlines = new Deadlines() } = deps;
  const lifecycle = new Lifecycle();
  const metrics = new Metrics(new Registry());
  const batching = createBatchingState();
  const repository = new ModelRepository({
    ...{ settings, open, findSchema: requestSchemaFor, batching, logger, metrics },
    ...(deps.retryMs === undefined ? {} : { retryMs: deps.retryMs }),
    ...(deps.settleMs === undefined ? {} : { settleMs: deps.settleMs }),
  });
  const tracing = await tracingFor(settings, logger);
  const shared = { settings, repository, deadlines, metrics, lifecycle, logger, waiting: waitingBudget(settings) };
  const app = createApp({ ...shared, batching, tracing });

  const { scheduler } = batching;
  const api = httpServer(app, logger, scheduler, settings.requestTimeoutMs);
  const scrape =
    settings.metricsPort > 0
      ? httpServer(createMetricsApp({ metrics, lifecycle, logger }), logger, scheduler)
      : undefined;
  const port = await listen(api.server, settings.host, settings.port, "PORT");
  const metricsPort =
    scrape && (await orClose(listen(scrape.server, settings.host, settings.metricsPort, "METRICS_PORT"), api));
  const grpc = await orClose(grpcFor({ ...shared, memory: batching.memory }), api, scrape);
  const ports = { port, metrics_port: metricsPort, grpc_port: grpc?.port };
  logger.info({ host: settings.host, ...ports, ...repository.identity }, "listening");

  const skipDrain = new AbortController();
  const forceClose = new AbortController();
  let closing: Promise<boolean> | undefined;
  return {
    port,
    metricsPort,
    grpcPort: grpc?.port,
    loaded: repository.load(),
    shutDown() {
      if (closing !== undefined) {
        (skipDrain.signal.aborted || lifecycle.stopped ? forceClose : skipDrain).abort();
        return closing;
      }
      const deadline = performance.now() + settings.shutdownSeconds * 1000;
      tracing?.flush();
      const signals = { skipDrain: skipDrain.signal, forceClose: forceClose.signal };
      closing = shutDown({ settings, lifecycle, repository, api, scrape, grpc, logger, ...signals }).then(
        async (isClosed) => {
          await tracing?.close(deadline, AbortSignal.any([skipDrain.signal, forceClose.signal]));
          return isClosed;
        },
      );
      return closing;
    },
  };
}

async function tracingFor({ tracesUrl, serviceName }: Settings, logger: Logger): Promise<Tracing | undefined> {
  if (tracesUrl === undefined) {
    return undefined;
  }
  const { otlpTracing } = await import("./telemetry/otlp.ts");
  return otlpTracing(tracesUrl, serviceName, logger);
}

function openerFor(settings: Settings, logger: Logger): OpenModel {
  return movingOpener({
    inline: onnxOpener(settings.intraOpThreads),
    threaded: threadOpener(settings.intraOpThreads),
    afterMs: settings.threadAfterMs,
    read: (name, version) => readVersion(settings.modelDirectory, name, version),
    logger,
  });
}

/** @param requestTimeoutMs The API's own limit for a request: Node's must not be shorter. @default 0 */
function httpServer(handle: Handle, logger: Logger, scheduler: BatchScheduler, requestTimeoutMs = 0): HttpServer {
  const requestTimeout = Math.max(HEADERS_MS, requestTimeoutMs + MARGIN_MS);
  const server = createServer(
    {
      ...{ keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: HEADERS_MS, requestTimeout },
      IncomingMessage: SheddableRequest,
    },
    handle,
  );
  server.on("connection", () => scheduler.connectionAccepted());
  const connections = new Connections(server);
  answerUnparsed(server, logger);
  // Node would send "100 Continue" at once, also for a body that is going to be rejected. Here the code that reads the body
  // sends it; if none does, the client may or may not send the body, so the connection cannot be reused.
  server.on("checkContinue", (req, res) => {
    res.setHeader("Connection", "close");
    handle(req, res);
  });
  return { server, connections };
}

/** Closes servers that already listen if another one cannot start. */
async function orClose<T>(starting: Promise<T>, ...listening: (HttpServer | undefined)[]): Promise<T> {
  try {
    return await starting;
  } catch (error) {
    for (const http of listening) {
      http?.server.close();
    }
    throw error;
  }
}

/** The gRPC server if there is to be one; only then is its code loaded. */
async function grpcFor(deps: GrpcDeps): Promise<GrpcServer | undefined> {
  const { grpcPort, host } = deps.settings;
  if (grpcPort === undefined) {
    return undefined;
  }
  const { startGrpc } = await import("./grpc/server.ts");
  try {
    return await startGrpc(grpcPort, deps);
  } catch (error) {
    const code = /\bE[A-Z]+\b/.exec(errorMessage(error))?.[0];
    throw listenError(Object.assign(new Error(errorMessage(error)), { code }), host, grpcPort, "GRPC_PORT");
  }
}

function listen(server: Server, host: string, port: number, variable: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, host, port, variable)));
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number, variable: string): ListenError {
  if (error.code === "EADDRINUSE") {
    return new ListenError(
      `${variable} ${port} is already in use on ${host}: stop the process that listens there, or set another port`,
    );
  }
  if (error.code === "EACCES") {
    return new ListenError(`${variable} ${port} needs privileges that this user does not have: set a port above 1023`);
  }
  return new ListenError(`cannot listen on HOST ${host} (${error.code}): set an address of this machine`);
}
