import { delayFullCollections } from "./heap.ts";
import { SIGNALS } from "./lifecycle.ts";
import { createLogger, flushLog } from "./logger.ts";
import { ModelWaitError } from "./repository/model-repository.ts";
import { ListenError, type RunningServer, startServer } from "./server.ts";
import type { Settings } from "./settings.ts";

/**
 * Runs the server as this process until SIGTERM or SIGINT, and exits: 0 after a shutdown, 1 if it cannot serve. A second
 * signal skips the rest of the drain, a third closes all open connections. If a run of a model continues beyond
 * `SHUTDOWN_SECONDS`, the process kills itself (SIGKILL), because the run's thread cannot be stopped and an exit would wait for
 * it.
 *
 * @param onReady Called once the models are served.
 */
export async function run(settings: Settings, onReady: (server: RunningServer) => void = () => {}): Promise<void> {
  delayFullCollections();
  const logger = createLogger(settings.logLevel);
  process.on("unhandledRejection", (error) => logger.error({ error }, "unhandled rejection"));
  process.on("uncaughtException", (error) => {
    logger.fatal({ error }, "uncaught exception");
    process.exit(1);
  });
  let server: RunningServer | undefined;
  let stopping = false;
  for (const signal of SIGNALS) {
    // Replaces the handlers of main.ts.
    process.removeAllListeners(signal);
    process.on(signal, async () => {
      stopping = true;
      logger.info({ signal }, "signal received");
      const isClosed = (await server?.shutDown()) ?? true;
      if (!isClosed) {
        flushLog(logger);
        process.kill(process.pid, "SIGKILL");
      }
      process.exit(0);
    });
  }
  try {
    server = await startServer(settings, { logger });
    await server.loaded;
    if (!stopping) {
      onReady(server);
    }
  } catch (error) {
    if (!(error instanceof ListenError || error instanceof ModelWaitError)) {
      throw error;
    }
    if (stopping) {
      return;
    }
    console.error(error.message);
    process.exit(1);
  }
}
