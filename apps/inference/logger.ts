import { type DestinationStream, type Logger, pino } from "pino";

export type { Logger } from "pino";

/** Lines are written once this many characters have been buffered: a system call per line would cost more than composing it. */
const BUFFER_LENGTH = 12 * 1024;
/** Longest time that a line is buffered, in milliseconds. */
const FLUSH_MS = 100;
/** Most characters that wait for a blocked standard output; further lines are dropped. */
const MAX_UNWRITTEN = 1024 * 1024;
const SERVICE = "inference";

/**
 * Writes JSON lines with an ISO time and the level's name. Callers log ids, counts and durations, never bodies or keys.
 *
 * @param level Least severe level that is written.
 * @param destination @default standard output, buffered
 */
export function createLogger(level: string, destination: DestinationStream = standardOutput()): Logger {
  return pino(
    {
      level,
      base: { service: SERVICE },
      timestamp: () => `,"time":"${isoTime()}"`,
      messageKey: "message",
      errorKey: "error",
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}

/** Writes the buffered lines, for a process that is about to be killed. */
export function flushLog(logger: Logger): void {
  const destination = destinationOf(logger) as Partial<ReturnType<typeof standardOutput>> | undefined;
  destination?.flushSync?.();
}

function destinationOf(logger: Logger): DestinationStream | undefined {
  return (logger as unknown as Record<symbol, DestinationStream>)[pino.symbols.streamSym];
}

/** Writes a line from its serialized fields, `"name":value,"name":value …`; those common to all lines are added. */
export type WriteLine = (level: "debug" | "info" | "warn", fields: string) => void;

/**
 * Writes straight to the logger's destination, for lines that are written for each request: the logger itself is slower. The
 * caller has to check whether the level is enabled.
 */
export function lineWriter(logger: Logger): WriteLine {
  const destination = destinationOf(logger);
  return (level, fields) => {
    destination?.write(`{"level":"${level}","time":"${isoTime()}","service":"${SERVICE}",${fields}}\n`);
  };
}

let second = Number.NaN;
let untilSecond = "";

/** The current time, such as `2026-01-02T03:04:05.678Z`; the part up to the second is cached. */
function isoTime(): string {
  const now = Date.now();
  const milliseconds = now % 1000;
  if (now - milliseconds !== second) {
    second = now - milliseconds;
    untilSecond = new Date(second).toISOString().slice(0, "2026-01-02T03:04:05.".length);
  }
  return `${untilSecond}${milliseconds < 10 ? "00" : milliseconds < 100 ? "0" : ""}${milliseconds}Z`;
}

/** Buffers lines itself: pino's own buffering measures its whole buffer with each line. */
function standardOutput(): DestinationStream & { flushSync(): void } {
  const output = pino.destination({ dest: 1, sync: true, maxLength: MAX_UNWRITTEN });
  let isReported = false;
  // Without a listener an error such as a full disk would end the server without a message.
  output.on("error", (error: Error) => {
    if (!isReported) {
      console.error(`the log cannot be written (${error.message}): lines are lost; the server continues`);
      isReported = true;
    }
  });
  let buffered = "";
  const flushSync = () => {
    const lines = buffered;
    buffered = "";
    if (lines !== "") {
      output.write(lines);
    }
  };
  setInterval(flushSync, FLUSH_MS).unref();
  // The last lines say why the process ends, and `process.exit` does not wait for timers.
  process.on("exit", flushSync);
  return {
    flushSync,
    write(line) {
      buffered += line;
      if (buffered.length >= BUFFER_LENGTH) {
        flushSync();
      }
    },
  };
}
