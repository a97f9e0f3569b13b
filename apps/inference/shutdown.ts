import type { Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { GrpcServer } from "./grpc/server.ts";
import type { Connections } from "./http/connections.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Logger } from "./logger.ts";
import type { ModelRepository } from "./repository/model-repository.ts";
import type { Settings } from "./settings.ts";

/** A server and its open connections. */
export interface HttpServer {
  readonly server: Server;
  readonly connections: Connections;
}

/** What to close, and how. */
export interface ShutdownDeps {
  readonly settings: Pick<Settings, "drainSeconds" | "shutdownSeconds">;
  readonly lifecycle: Lifecycle;
  readonly repository: ModelRepository;
  readonly api: HttpServer;
  readonly scrape: HttpServer | undefined;
  readonly grpc: GrpcServer | undefined;
  readonly logger: Logger;
  /** Aborted to skip the rest of the drain, as a second Ctrl-C does. */
  readonly skipDrain: AbortSignal;
  /** Aborted to close all open connections once the drain is over. */
  readonly forceClose: AbortSignal;
}

/**
 * Closes the server without failing a request:
 *
 * 1. it is not ready from now on, so that load balancers remove it, but still serves requests;
 * 2. from the middle of `drainSeconds` on, every response carries `Connection: close`, so that keep-alive clients close their
 *    connections while no request is in progress on them; connections of gRPC get GOAWAY;
 * 3. after `drainSeconds` it accepts nothing new, closes idle connections and answers the requests in progress;
 * 4. at `shutdownSeconds` it closes all connections that are still open.
 *
 * @returns Whether everything is closed; if not, a run of a model continues that cannot be stopped.
 */
export async function shutDown(deps: ShutdownDeps): Promise<boolean> {
  const { settings, lifecycle, repository, api, scrape, grpc, logger, skipDrain, forceClose } = deps;
  const started = performance.now();
  const left = () => Math.max(0, settings.shutdownSeconds * 1000 - (performance.now() - started));
  const half = (settings.drainSeconds * 1000) / 2;

  lifecycle.drain();
  logger.info({ drain_seconds: settings.drainSeconds }, "draining: not ready, still serving");
  await pause(half, skipDrain);
  lifecycle.close();
  grpc?.drain(left());
  await pause(half, skipDrain);
  lifecycle.stop();

  const onForce = () => {
    logger.warn({ shutdown_seconds: settings.shutdownSeconds }, "closing the connections that are still open");
  };
  await Promise.all([
    closeAll(api, left(), forceClose, onForce),
    ...(grpc === undefined ? [] : [closeGrpc(grpc, left(), forceClose)]),
  ]);
  // A hanging model must not keep the process running beyond the deadline.
  const end = pause(left(), forceClose).then(() => sleep(100, false, { ref: false }));
  const isClosed = await Promise.race([repository.close().then(() => true), end]);
  if (scrape !== undefined) {
    const last = closed(scrape);
    scrape.server.closeAllConnections();
    await last;
  }
  const seconds = (performance.now() - started) / 1000;
  if (isClosed) {
    logger.info({ seconds }, "closed");
  } else {
    logger.warn({ seconds }, "closed, except for a run of a model that continues");
  }
  return isClosed;
}

/** Closes a server; closes its open connections when the time is up or `forceClose` is aborted. */
async function closeAll(
  http: HttpServer,
  milliseconds: number,
  forceClose: AbortSignal,
  onForce: () => void,
): Promise<void> {
  const force = () => {
    onForce();
    http.server.closeAllConnections();
  };
  const timer = setTimeout(force, milliseconds);
  forceClose.addEventListener("abort", force, { once: true });
  await closed(http);
  clearTimeout(timer);
  forceClose.removeEventListener("abort", force);
}

/** The same for the gRPC server. */
async function closeGrpc(grpc: GrpcServer, milliseconds: number, forceClose: AbortSignal): Promise<void> {
  const force = () => grpc.forceClose();
  const timer = setTimeout(force, milliseconds);
  forceClose.addEventListener("abort", force, { once: true });
  await grpc.close();
  clearTimeout(timer);
  forceClose.removeEventListener("abort", force);
}

/** Stops accepting, closes idle connections, and resolves when the last connection is closed. */
function closed({ server, connections }: HttpServer): Promise<void> {
  const closing = new Promise<void>((resolve) => server.close(() => resolve()));
  connections.closeUnused();
  return closing;
}

/** Waits that long, or until the signal is aborted. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
}
