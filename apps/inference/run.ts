import { createLogger } from "./logger.ts";
import { ModelWaitError } from "./model/host.ts";
import { ListenError, startServer } from "./server.ts";
import type { Settings } from "./settings.ts";

/**
 * Runs the server as this process until SIGTERM or SIGINT, and exits: 0 after a shutdown, 1 where it cannot serve. A second
 * signal skips what is left of the drain.
 *
 * @param onListening Told the port once the server listens and its model answers.
 */
export async function run(settings: Settings, onReady: (port: number) => void = () => {}): Promise<void> {
  const logger = createLogger(settings.logLevel);
  process.on("unhandledRejection", (error) => logger.error({ error }, "unhandled rejection"));
  process.on("uncaughtException", (error) => {
    logger.fatal({ error }, "uncaught exception");
    process.exit(1);
  });
  try {
    const server = await startServer(settings, { logger });
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, async () => {
        logger.info({ signal }, "signal received");
        await server.shutDown();
        process.exit(0);
      });
    }
    await server.loaded;
    onReady(server.port);
  } catch (error) {
    if (!(error instanceof ListenError || error instanceof ModelWaitError)) {
      throw error;
    }
    console.error(error.message);
    process.exit(1);
  }
}
