import type { Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lifecycle } from "./lifecycle.ts";
import type { Logger } from "./logger.ts";
import type { ModelHost } from "./model/host.ts";
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
}

/**
 * Closes the server without failing a request:
 *
 * 1. not ready at once, so that endpoints begin to leave it out; requests go on being served;
 * 2. from the middle of `drainSeconds` on, every answer carries `Connection: close`, so that keep-alive clients let go of
 *    their connections at a moment when nothing is under way on them;
 * 3. then nothing new is accepted, idle connections are closed, requests under way are answered;
 * 4. at `shutdownSeconds` whatever is still open is cut.
 */
export async function shutDown(deps: ShutdownDeps): Promise<void> {
  const { settings, lifecycle, host, api, scrape, logger, hurry } = deps;
  const started = performance.now();
  const left = () => Math.max(0, settings.shutdownSeconds * 1000 - (performance.now() - started));
  const half = (settings.drainSeconds * 1000) / 2;

  lifecycle.drain();
  logger.info({ drain_seconds: settings.drainSeconds }, "draining: not ready, still serving");
  await pause(half, hurry);
  lifecycle.part();
  await pause(half, hurry);

  const cut = setTimeout(() => {
    logger.warn({ shutdown_seconds: settings.shutdownSeconds }, "cutting the connections that are still open");
    api.closeAllConnections();
  }, left());
  await closed(api);
  clearTimeout(cut);
  // A model that hangs must not hold the process beyond its deadline.
  await Promise.race([host.close(), sleep(Math.max(100, left()), undefined, { ref: false })]);
  if (scrape !== undefined) {
    const last = closed(scrape);
    scrape.closeAllConnections();
    await last;
  }
  logger.info({ seconds: (performance.now() - started) / 1000 }, "closed");
}

/** Stops accepting, closes idle connections, and resolves when the last one is gone. */
function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

async function pause(milliseconds: number, hurry: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal: hurry }).catch(() => {});
}
