import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";
import type { Deadlines } from "../../../../apps/inference/http/deadlines.ts";

/** Controls what `performance.now()` returns in this process. */
export interface Clock {
  /** Advances the time, in milliseconds. */
  advance(milliseconds: number): void;
  /** Restores the real clock. */
  restore(): void;
}

/**
 * Takes over `performance.now()`, so that durations do not depend on how busy the machine is. Timers still use the real clock.
 *
 * @param frozen Whether the time advances only by `advance`. @default false
 */
export function takeClock({ frozen = false }: { readonly frozen?: boolean } = {}): Clock {
  const real = performance.now.bind(performance);
  const start = real();
  let ahead = 0;
  performance.now = () => (frozen ? start : real()) + ahead;
  return {
    advance(milliseconds) {
      ahead += milliseconds;
    },
    restore() {
      Reflect.deleteProperty(performance, "now");
    },
  };
}

/**
 * Advances the time until every deadline within the given number of milliseconds has expired and its callback has run.
 */
export async function passDeadlines(clock: Clock, deadlines: Deadlines, milliseconds: number): Promise<void> {
  // After the first tick, the timer ticks every second.
  await new Promise<void>((resolve) => deadlines.set(performance.now(), resolve));
  clock.advance(milliseconds);
  await new Promise<void>((resolve) => deadlines.set(performance.now(), resolve));
}

/** Pauses made with `setTimeout` from `node:timers/promises`, which a test ends. */
export interface HeldPauses {
  /** Ends the oldest pause. */
  endNext(): void;
  /** Restores the real timers; held pauses stay held. */
  restore(): void;
}

/**
 * Holds every pause of at least `least` until a test ends it or its signal is aborted. This way a test can check what
 * happens before and after a pause, and what does not wait for it, without a clock.
 *
 * @param least The shortest pause that is held, in milliseconds.
 */
export function holdPauses(least: number): HeldPauses {
  const real = timers.setTimeout;
  const held: (() => void)[] = [];
  function hold<T>(value?: T, { signal }: { readonly signal?: AbortSignal } = {}): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    held.push(() => resolve(value as T));
    if (signal?.aborted === true) reject(signal.reason);
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    return promise;
  }
  const replace = (setTimeout: typeof real) => {
    timers.setTimeout = setTimeout;
    // Updates the modules that have imported the function by name.
    syncBuiltinESMExports();
  };
  replace(((delay = 1, value, options) =>
    delay < least ? real(delay, value, options) : hold(value, options)) as typeof real);
  return {
    endNext() {
      const end = held.shift();
      if (end === undefined) throw new Error("no pause is held");
      end();
    },
    restore: () => replace(real),
  };
}
