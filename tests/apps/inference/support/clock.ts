import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";
import { alarm } from "../../../../apps/inference/http/deadlines.ts";

/** What `performance.now()` says in this process, in the hands of a test. */
export interface Clock {
  /** Moves the time on, in milliseconds. */
  advance(milliseconds: number): void;
  /** Gives the real clock back. */
  restore(): void;
}

/**
 * Takes over `performance.now()`: what a test is to say of durations then holds however busy the machine is. Timers go on by
 * the real clock.
 *
 * @param frozen Whether the time moves only when it is told to. @default false
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
 * Moves the time on until every deadline within so many milliseconds has passed and whoever waited for it has been told: the
 * deadlines of all requests share one timer.
 */
export async function passDeadlines(clock: Clock, milliseconds: number): Promise<void> {
  // Once it has run, the timer looks at the clock every second.
  await new Promise<void>((resolve) => alarm(performance.now(), resolve));
  clock.advance(milliseconds);
  await new Promise<void>((resolve) => alarm(performance.now(), resolve));
}

/** Pauses by `setTimeout` of `node:timers/promises` that do not end by themselves. */
export interface HeldPauses {
  /** Ends the pause that has begun first. */
  endNext(): void;
  /** Gives the real timers back; what is held stays so. */
  restore(): void;
}

/**
 * Holds every pause of at least so long until a test ends it or its signal is aborted: what happens before and after it can
 * be told without a clock, and what ends by itself has not waited for it.
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
    // Without it those who have imported the function by its name go on with the one before.
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
