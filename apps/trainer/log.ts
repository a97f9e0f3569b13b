import { setImmediate as nextTurn } from "node:timers/promises";
import pino from "pino";
import type { MinimiseOptions } from "./learn/linear/newton.ts";

/** Structured progress: one JSON line an event on standard error, so that standard output is the result alone. */
export interface TrainingLog {
  event(name: string, fields?: Readonly<Record<string, string | number | boolean>>): void;
}

/** A log whose every line carries `fields`; `LOG_LEVEL=silent` turns it off. */
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

/** Logs every iteration of a fit, and lets the process answer signals in between. */
export function logIterations(log: TrainingLog, phase: string): NonNullable<MinimiseOptions["onIteration"]> {
  return async (iteration, loss, gradientMax) => {
    log.event("iteration", { phase, iteration, loss, gradientMax });
    await nextTurn();
  };
}
