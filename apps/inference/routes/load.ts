import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import type { Route } from "../http/router.ts";
import { invalidInput, unavailable } from "../http-error.ts";

const DEFAULT_MS = 100;
const MAX_MS = 1000;
/** Other requests run between two slices: a probe waits for one slice, not for the whole load. */
const SLICE_MS = 5;
/** Most concurrent loads. */
const MAX_AT_ONCE = 64;

/**
 * GET /load?ms=N: uses N milliseconds of CPU time, 1–1000, by default 100, to demonstrate an autoscaler without a slow model.
 * Responds with `{burned_ms}`.
 */
export function load(): Route {
  let active = 0;
  return {
    method: "GET",
    path: "/load",
    async handle(ctx) {
      const milliseconds = readMilliseconds(ctx.query["ms"]);
      if (active >= MAX_AT_ONCE) {
        throw unavailable("overloaded", `${MAX_AT_ONCE} loads are under way; try again shortly`);
      }
      active += 1;
      try {
        for (let left = milliseconds; left > 0; left -= SLICE_MS) {
          burn(Math.min(left, SLICE_MS));
          await yieldToEventLoop();
        }
      } finally {
        active -= 1;
      }
      ctx.body = { burned_ms: milliseconds };
    },
  };
}

function readMilliseconds(given: string | string[] | undefined): number {
  if (given === undefined) {
    return DEFAULT_MS;
  }
  const milliseconds = typeof given === "string" && /^\d{1,4}$/.test(given) ? Number(given) : 0;
  if (milliseconds < 1 || milliseconds > MAX_MS) {
    throw invalidInput("ms", `must be a whole number from 1 to ${MAX_MS}`);
  }
  return milliseconds;
}

/** Measures CPU time: under a CPU limit the clock also advances while the process is throttled. */
function burn(milliseconds: number): void {
  const started = process.threadCpuUsage();
  let spent = { user: 0, system: 0 };
  while (spent.user + spent.system < milliseconds * 1000) {
    for (let step = 0; step < 20_000; step++) {
      Math.sqrt(step);
    }
    spent = process.threadCpuUsage(started);
  }
}
