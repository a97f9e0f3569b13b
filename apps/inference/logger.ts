import { type DestinationStream, type Logger, pino } from "pino";

export type { Logger } from "pino";

/**
 * JSON lines with an ISO time and the level as a word. Callers log ids, counts and durations, never bodies or keys.
 *
 * @param level Least severe level that is written.
 * @param destination Where lines go. @default standard output
 */
export function createLogger(level: string, destination: DestinationStream = pino.destination(1)): Logger {
  return pino(
    {
      level,
      base: { service: "inference" },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: "message",
      errorKey: "error",
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}
