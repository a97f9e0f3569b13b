import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import pino from "pino";
import type { MinimizeOptions } from "./learn/linear/newton.ts";

/** Trees between two log lines about them. */
const TREES_PER_LINE = 10;

/** Structured log: one JSON line per event on standard error, so that standard output has only the result. */
export interface TrainingLog {
  event(name: string, fields?: Readonly<Record<string, string | number | boolean>>): void;
}

/** A log whose every line has `fields`. `LOG_LEVEL=silent` turns it off. */
export function createLog(fields: Readonly<Record<string, string | number>>): TrainingLog {
  const logger = pino(
    {
      base: fields,
      level: process.env["LOG_LEVEL"] ?? "info",
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: "event",
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ dest: 2, sync: true }),
  );
  return { event: (name, details = {}) => logger.info(details, name) };
}

/** Logs what was guessed, left out or filled in. */
export function logNotes(log: TrainingLog, notes: readonly string[]): void {
  for (const note of notes) log.event("note", { note });
}

/** Logs every iteration of a fit. Yields to the event loop, so that the process can react to signals. */
export function logIterations(log: TrainingLog, phase: string): NonNullable<MinimizeOptions["onIteration"]> {
  return async (iteration, loss, gradientMax) => {
    log.event("iteration", { phase, iteration, loss, gradientMax });
    await yieldToEventLoop();
  };
}

/** Logs the progress of growing a forest. Yields to the event loop, so that the process can react to signals. */
export function logTrees(log: TrainingLog, phase: string): (done: number, own: number) => Promise<void> {
  return async (done, own) => {
    if (done % TREES_PER_LINE === 0 || done === own) log.event("trees", { phase, done, trees: own });
    await yieldToEventLoop();
  };
}
