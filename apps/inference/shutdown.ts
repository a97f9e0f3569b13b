import type { Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { closeUnused } from "./http/connections.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Logger } from "./logger.ts";
import type { ModelHost } from "./repository/model-repository.ts";
import type { Settings } from "./settings.ts";

/** What there is to close. */
export interface ShutdownDeps {
  readonly settings: Pick<Settings, "drainSeconds" | "shutdownSeconds">;
  readonly lifecycle: Lifecycle;
  readonly host: ModelHost;
  readonly api: Server;
  readonly scrape: Server | undefined;
  readonly logger: Logger;
  /** Aborted to skip what is left of the drain, as a second Ctrl-C does. */
  readonly hurry: AbortSignal;
  /** Aborted to cut what is still open once the drain is over. */
  readonly cut: AbortSignal;
}

/**
 * Closes the server without failing a request:
 *
 * 1. not ready at once, so that endpoints begin to leave it out; requests go on being served;
 * 2. from the middle of `drainSeconds` on, every answer carries `Connection: close`, so that keep-alive clients let go of
 *    their connections at a moment when nothing is under way on them;
 * 3. then nothing new is accepted, idle connections are closed, requests under way are answered;
 * 4. at `shutdownSeconds` whatever is still open is cut.
 *
 * @returns Whether all is closed; where not, a run of a model goes on that nothing can stop.
 */
export async function shutDown(deps: ShutdownDeps): Promise<boolean> {
  const { settings, lifecycle, host, api, scrape, logger, hurry, cut } = deps;
  const started = performance.now();
  const left = () => Math.max(0, settings.shutdownSeconds * 1000 - (performance.now() - started));
  const half = (settings.drainSeconds * 1000) / 2;

  lifecycle.drain();
  logger.info({ drain_seconds: settings.drainSeconds }, "draining: not ready, still serving");
  await pause(half, hurry);
  lifecycle.part();
  await pause(half, hurry);
  lifecycle.close();

  await closeAll(api, left(), cut, () =>
    logger.warn({ shutdown_seconds: settings.shutdownSeconds }, "cutting the connections that are still open"),
  );
  // A model that hangs must not hold the process beyond its deadline.
  const end = pause(left(), cut).then(() => sleep(100, false, { ref: false }));
  const isClosed = await Promise.race([host.close().then(() => true), end]);
  if (scrape !== undefined) {
    const last = closed(scrape);
    scrape.closeAllConnections();
    await last;
  }
  const seconds = (performance.now() - started) / 1000;
  if (isClosed) {
    logger.info({ seconds }, "closed");
  } else {
    logger.warn({ seconds }, "closed, but for a run of a model that goes on");
  }
  return isClosed;
}

/** Closes a server, and cuts what is open when the time is up or `cut` is aborted. */
async function closeAll(server: Server, milliseconds: number, cut: AbortSignal, onCut: () => void): Promise<void> {
  const cutNow = () => {
    onCut();
    server.closeAllConnections();
  };
  const timer = setTimeout(cutNow, milliseconds);
  cut.addEventListener("abort", cutNow, { once: true });
  await closed(server);
  clearTimeout(timer);
  cut.removeEventListener("abort", cutNow);
}

/** Stops accepting, closes idle connections, and resolves when the last one is gone. */
function closed(server: Server): Promise<void> {
  const closing = new Promise<void>((resolve) => server.close(() => resolve()));
  closeUnused(server);
  return closing;
}

/** Waits that long, or until the signal is aborted. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
}
