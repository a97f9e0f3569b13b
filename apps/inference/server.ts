import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Registry } from "prom-client";
import { createApp, createMetricsApp } from "./app.ts";
import { connectionAccepted } from "./batching/scheduler.ts";
import { watchConnections } from "./http/connections.ts";
import { type Handle, SheddableRequest } from "./http/sheddable.ts";
import { answerUnparsed } from "./http/unparsed.ts";
import { Lifecycle } from "./lifecycle.ts";
import type { Logger } from "./logger.ts";
import { Metrics } from "./metrics/metrics.ts";
import type { OpenModel } from "./model/model.ts";
import { onnxOpener } from "./model/onnx.ts";
import { movingOpener } from "./model/threads/moving.ts";
import { threadOpener } from "./model/threads/threaded.ts";
import { ModelHost } from "./repository/model-repository.ts";
import type { Settings } from "./settings.ts";
import { shutDown } from "./shutdown.ts";
import type { Tracing } from "./telemetry/tracing.ts";

/**
 * How long an idle connection is kept, in milliseconds. A gateway must be the first to let go, or it sends a request on a
 * connection that is just being closed; Traefik's and Go's default is 90 s.
 */
const KEEP_ALIVE_MS = 100_000;
const MARGIN_MS = 5_000;
/** A connection that a gateway opened ahead of need counts as one whose headers are late: it gets as long as an idle one. */
const HEADERS_MS = KEEP_ALIVE_MS + MARGIN_MS;

/** What a caller may put in the place of the real thing. */
export interface ServerDeps {
  readonly logger: Logger;
  /** @default ONNX Runtime */
  readonly open?: OpenModel;
  /** Time between two looks for the model, in milliseconds. @default 1000 */
  readonly retryMs?: number;
}

/** A server that listens. */
export interface RunningServer {
  /** Port of the API, as bound. */
  readonly port: number;
  /** Port of /metrics alone, as bound; undefined where there is none. */
  readonly metricsPort: number | undefined;
  /** Resolves when the model answers; rejects with ModelWaitError when it was not there in time. */
  readonly loaded: Promise<void>;
  /**
   * Drains and closes everything; a second call skips what is left of the drain, another cuts what is still open. Resolves
   * to whether all is closed; where not, a run of a model goes on that nothing but the end of the process can stop.
   */
  shutDown(): Promise<boolean>;
}

/** A port cannot be listened on; the message names the setting and the remedy, in one line. */
export class ListenError extends Error {
  override name = "ListenError";
}

/**
 * Starts the server: it listens at once and loads its model meanwhile.
 *
 * @throws ListenError where a port is taken or not allowed.
 */
export async function startServer(settings: Settings, deps: ServerDeps): Promise<RunningServer> {
  const { logger, open = openerFor(settings, logger) } = deps;
  const lifecycle = new Lifecycle();
  const metrics = new Metrics(new Registry());
  const host = new ModelHost({
    settings,
    open,
    logger,
    metrics,
    ...(deps.retryMs === undefined ? {} : { retryMs: deps.retryMs }),
  });
  const tracing = await tracingFor(settings, logger);
  const app = createApp({ settings, host, metrics, lifecycle, logger, tracing });

  const api = httpServer(app, logger, settings.requestTimeoutMs);
  const scrape =
    settings.metricsPort > 0 ? httpServer(createMetricsApp({ metrics, lifecycle, logger }), logger) : undefined;
  const port = await listen(api, settings.host, settings.port, "PORT");
  const metricsPort = scrape && (await listenOrClose(scrape, api, settings));
  logger.info({ host: settings.host, port, metrics_port: metricsPort, ...host.identity }, "listening");

  const hurry = new AbortController();
  const cut = new AbortController();
  let closing: Promise<boolean> | undefined;
  return {
    port,
    metricsPort,
    loaded: host.load(),
    shutDown() {
      if (closing !== undefined) {
        (hurry.signal.aborted || lifecycle.closing ? cut : hurry).abort();
        return closing;
      }
      const deadline = performance.now() + settings.shutdownSeconds * 1000;
      tracing?.flush();
      const signals = { hurry: hurry.signal, cut: cut.signal };
      closing = shutDown({ settings, lifecycle, host, api, scrape, logger, ...signals }).then(async (isClosed) => {
        await tracing?.close(deadline, AbortSignal.any([hurry.signal, cut.signal]));
        return isClosed;
      });
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
    modelDirectory: settings.modelDirectory,
    logger,
  });
}

/** @param requestTimeoutMs How long the API itself gives a request: Node must not be the first to give up. */
function httpServer(handle: Handle, logger: Logger, requestTimeoutMs = 0): Server {
  const requestTimeout = Math.max(HEADERS_MS, requestTimeoutMs + MARGIN_MS);
  const server = createServer(
    {
      ...{ keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: HEADERS_MS, requestTimeout },
      IncomingMessage: SheddableRequest,
    },
    handle,
  );
  server.on("connection", connectionAccepted);
  watchConnections(server);
  answerUnparsed(server, logger);
  // Node would say «100 Continue» at once, also to a body that is going to be refused. Whoever reads the body says it
  // here; where nobody does, the client may still send the body or not, and the connection cannot be used again.
  server.on("checkContinue", (req, res) => {
    res.setHeader("Connection", "close");
    handle(req, res);
  });
  return server;
}

async function listenOrClose(scrape: Server, api: Server, settings: Settings): Promise<number> {
  try {
    return await listen(scrape, settings.host, settings.metricsPort, "METRICS_PORT");
  } catch (error) {
    api.close();
    throw error;
  }
}

function listen(server: Server, host: string, port: number, variable: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(refused(error, host, port, variable)));
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function refused(error: NodeJS.ErrnoException, host: string, port: number, variable: string): ListenError {
  if (error.code === "EADDRINUSE") {
    return new ListenError(`${variable} ${port} is taken on ${host}: stop what listens there or set another port`);
  }
  if (error.code === "EACCES") {
    return new ListenError(`${variable} ${port} is not allowed to this user: set one above 1023`);
  }
  return new ListenError(`HOST ${host} cannot be listened on (${error.code}): set an address of this machine`);
}
