import { type DestinationStream, type Logger, pino } from "pino";

export type { Logger } from "pino";

/** Lines are handed over once this many characters have gathered: a system call a line costs more than wording it. */
const BUFFER_LENGTH = 12 * 1024;
/** How long a line may wait for others, in milliseconds. */
const FLUSH_MS = 100;
/** Characters that wait for a standard output that takes none; what comes then is lost. */
const MAX_UNWRITTEN = 1024 * 1024;
const SERVICE = "inference";

/**
 * JSON lines with an ISO time and the level as a word. Callers log ids, counts and durations, never bodies or keys.
 *
 * @param level Least severe level that is written.
 * @param destination Where lines go. @default standard output, a few at a time
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

/** Writes what has been gathered, where the process is about to end without a word. */
export function writeOut(logger: Logger): void {
  const destination = destinationOf(logger) as Partial<ReturnType<typeof standardOutput>> | undefined;
  destination?.flushSync?.();
}

function destinationOf(logger: Logger): DestinationStream | undefined {
  return (logger as unknown as Record<symbol, DestinationStream>)[pino.symbols.streamSym];
}

/** Writes a line whose fields are worded already: `"name":value,"name":value …`, after those that every line begins with. */
export type WriteLine = (level: "debug" | "info" | "warn", fields: string) => void;

/**
 * The way to the logger's destination for lines that are written for each request; the logger itself takes three times as
 * long to find out what is in an object. Whether the level is enabled is for the caller to ask.
 */
export function lineWriter(logger: Logger): WriteLine {
  const destination = destinationOf(logger);
  return (level, fields) => {
    destination?.write(`{"level":"${level}","time":"${isoTime()}","service":"${SERVICE}",${fields}}\n`);
  };
}

let second = Number.NaN;
let untilSecond = "";

/** This moment, such as `2026-01-02T03:04:05.678Z`; the date is worded anew once a second. */
function isoTime(): string {
  const now = Date.now();
  const milliseconds = now % 1000;
  if (now - milliseconds !== second) {
    second = now - milliseconds;
    untilSecond = new Date(second).toISOString().slice(0, "2026-01-02T03:04:05.".length);
  }
  return `${untilSecond}${milliseconds < 10 ? "00" : milliseconds < 100 ? "0" : ""}${milliseconds}Z`;
}

/** It gathers lines itself: pino's destination could, but measures all that it has gathered anew with each line. */
function standardOutput(): DestinationStream & { flushSync(): void } {
  const output = pino.destination({ dest: 1, sync: true, maxLength: MAX_UNWRITTEN });
  let isTold = false;
  // Without a listener a full disk would be the end of the server, and nothing would say why.
  output.on("error", (error: Error) => {
    if (!isTold) {
      console.error(`the log cannot be written (${error.message}): lines are lost, and the server goes on`);
      isTold = true;
    }
  });
  let gathered = "";
  const flushSync = () => {
    const lines = gathered;
    gathered = "";
    if (lines !== "") {
      output.write(lines);
    }
  };
  setInterval(flushSync, FLUSH_MS).unref();
  // The last lines say why the process ends; `process.exit` waits for no timer.
  process.on("exit", flushSync);
  return {
    flushSync,
    write(line) {
      gathered += line;
      if (gathered.length >= BUFFER_LENGTH) {
        flushSync();
      }
    },
  };
}
