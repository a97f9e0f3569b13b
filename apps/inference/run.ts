import { collectSeldom } from "./heap.ts";
import { createLogger } from "./logger.ts";
import { ModelWaitError } from "./model/host.ts";
import { ListenError, type RunningServer, startServer } from "./server.ts";
import type { Settings } from "./settings.ts";

/**
 * Runs the server as this process until SIGTERM or SIGINT, and exits: 0 after a shutdown, 1 where it cannot serve. A second
 * signal skips what is left of the drain.
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
  // Before anything else: process 1 of a container ignores a signal that it has no handler for.
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, async () => {
      stopping = true;
      logger.info({ signal }, "signal received");
      await server?.shutDown();
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
    console.error(error.message);
    process.exit(1);
  }
}
