import {
  logVerbosity,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  setLogVerbosity,
} from "@grpc/grpc-js";
import { apiKeyCheck } from "../http/api-key.ts";
import type { MemoryBudget } from "../http/body/memory-budget.ts";
import type { Deadlines } from "../http/deadlines.ts";
import type { Lifecycle } from "../lifecycle.ts";
import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { TensorMemory } from "../model/tensor-memory.ts";
import type { ModelRepository } from "../repository/model-repository.ts";
import type { Settings } from "../settings.ts";
import { type Call, unary } from "./calls.ts";
import { definitions, INFERENCE, type Methods } from "./definitions.ts";
import { type HealthCheckRequest, health } from "./health.ts";
import { Inference } from "./infer.ts";
import { type ModelRequest, services } from "./services.ts";

/** What the gRPC server works with; it shares all of it with the HTTP server. */
export interface GrpcDeps {
  readonly settings: Settings;
  readonly repository: ModelRepository;
  readonly deadlines: Deadlines;
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
  readonly logger: Logger;
  readonly memory: TensorMemory;
  readonly waiting: MemoryBudget;
}

/** A listening gRPC server. */
export interface GrpcServer {
  /** Bound port. */
  readonly port: number;
  /**
   * Tells the clients to open new connections, as elsewhere they will be. Calls in progress are answered.
   *
   * @param graceMs After this time the connections are closed, in milliseconds.
   */
  drain(graceMs: number): void;
  /** Accepts no more calls, and resolves when those in progress are answered. */
  close(): Promise<void>;
  /** Closes all connections. */
  forceClose(): void;
}

/** Methods that need no API key, as the probes of the HTTP API. */
const OPEN: ReadonlySet<string> = new Set(["ServerLive", "ServerReady", "ModelReady"]);

const receivedBytes = (bytes: Buffer) => bytes;
const sentBytes = (message: unknown) => message as Buffer;

/**
 * Starts the gRPC server.
 *
 * @param port 0 takes any free one.
 * @throws Error if it cannot listen; the message has the system's error code.
 */
export async function startGrpc(port: number, deps: GrpcDeps): Promise<GrpcServer> {
  const { settings, metrics, logger } = deps;
  // Its own lines would break the JSON log, and it reports its errors as well.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({
    "grpc.max_receive_message_length": settings.maxBodyBytes,
    "grpc.max_send_message_length": -1,
    // Statistics of every call, for a debugging service that is not served.
    "grpc.enable_channelz": 0,
  });
  const answer = unary({ authorize: apiKeyCheck(settings.apiKey), calls: metrics.grpcCalls, logger });
  const endWatches = register(server, answer, deps);
  const host = settings.host.includes(":") ? `[${settings.host}]` : settings.host;
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, found) =>
      error === null ? resolve(found) : reject(error),
    );
  });
  return {
    port: bound,
    drain: (graceMs) => server.drain(`${host}:${bound}`, graceMs),
    close() {
      endWatches();
      return new Promise((resolve) => server.tryShutdown(() => resolve()));
    },
    forceClose: () => server.forceShutdown(),
  };
}

/** @returns Ends the streams of health checks. */
function register(server: Server, answer: ReturnType<typeof unary>, deps: GrpcDeps): () => void {
  const { inference: methods, health: healthMethods } = definitions();
  const { isReady, ...handlers } = services(deps);
  for (const [name, handle] of Object.entries(handlers) as [string, (request: ModelRequest) => unknown][]) {
    const { path, responseSerialize, requestDeserialize } = methodOf<ModelRequest>(methods, name);
    const handler = answer(path, OPEN.has(name), ({ request }: Call<ModelRequest>) => ({ message: handle(request) }));
    server.register(path, handler, responseSerialize, requestDeserialize, "unary");
  }
  // Its messages are read and written by `request.ts` and `response.ts`: they have most of the bytes.
  const { path } = methodOf(methods, "ModelInfer");
  server.register(path, answer(path, false, inferHandler(deps)), sentBytes, receivedBytes, "unary");

  const { check, watch, endWatches } = health([INFERENCE], isReady);
  const checking = methodOf<HealthCheckRequest>(healthMethods, "Check");
  const watching = methodOf<HealthCheckRequest>(healthMethods, "Watch");
  const checkHandler = answer(checking.path, true, ({ request }: Call<HealthCheckRequest>) => ({
    message: check(request),
  }));
  server.register(checking.path, checkHandler, checking.responseSerialize, checking.requestDeserialize, "unary");
  const watchHandler = watch as (call: ServerWritableStream<HealthCheckRequest, unknown>) => void;
  server.register(watching.path, watchHandler, watching.responseSerialize, watching.requestDeserialize, "serverStream");
  return endWatches;
}

function methodOf<Request>(methods: Methods, name: string): MethodDefinition<Request, unknown> {
  const found = methods[name];
  if (found === undefined) {
    throw new Error(`the proto files lack the method ${name}`);
  }
  return found as MethodDefinition<Request, unknown>;
}

function inferHandler(deps: GrpcDeps) {
  const { repository, deadlines, waiting, memory, settings } = deps;
  const readOptions = { maxRows: settings.maxQueueSize, memory };
  const inference = new Inference({
    repository,
    deadlines,
    waiting,
    readOptions,
    timeoutMs: settings.requestTimeoutMs,
  });
  return async (call: Call<Buffer>) => {
    const client = {
      get destroyed() {
        return call.cancelled;
      },
    };
    const { bytes, served, rows } = await inference.answer(call.request, Number(call.getDeadline()), client);
    const { name, version } = served.model.metadata;
    return { message: bytes, rows, metadata: ["x-model-name", name, "x-model-version", version] };
  };
}
