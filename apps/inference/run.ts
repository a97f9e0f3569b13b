import { collectSeldom } from "./heap.ts";
import { createLogger, writeOut } from "./logger.ts";
import { ModelWaitError } from "./repository/model-repository.ts";
import { ListenError, type RunningServer, startServer } from "./server.ts";
import type { Settings } from "./settings.ts";
import { SIGNALS } from "./signals.ts";

/**
 * Runs the server as this process until SIGTERM or SIGINT, and exits: 0 after a shutdown, 1 where it cannot serve. A second
 * signal skips what is left of the drain, another cuts the connections that are still open. Where a model computes on beyond
 * `SHUTDOWN_SECONDS` the process kills itself (SIGKILL): its thread cannot be stopped in the midst of a run, and an exit would
 * wait for it.
 *
 * @param onReady Told the port once the model answers.
 */
export async function run(settings: Settings, onReady: (port: number) => void = () => {}): Promise<void> {
  collectSeldom();
  const logger = createLogger(settings.logLevel);
  process.on("unhandledRejection", (error) => logger.error({ error }, "unhandled rejection"));
  process.on("uncaughtException", (error) => {
    logger.fatal({ error }, "uncaught exception");
    process.exit(1);
  });
  let server: RunningServer | undefined;
  let stopping = false;
  for (const signal of SIGNALS) {
    // Instead of what main.ts does until then.
    process.removeAllListeners(signal);
    process.on(signal, async () => {
      stopping = true;
      logger.info({ signal }, "signal received");
      const isClosed = (await server?.shutDown()) ?? true;
      if (!isClosed) {
        writeOut(logger);
        process.kill(process.pid, "SIGKILL");
      }
      process.exit(0);
    });
  }
  try {
    server = await startServer(settings, { logger });
    await server.loaded;
    if (!stopping) {
      onReady(server.port);
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
