import { Problem } from "./problem.ts";

interface Alarm {
  readonly at: number;
  readonly ring: () => void;
}

/** Alarms that have been set and neither rung nor called off. */
const alarms = new Set<Alarm>();
let timer: NodeJS.Timeout | undefined;
let timerAt = Number.POSITIVE_INFINITY;

/**
 * Calls `ring` at `deadline` unless it is called off before. All share one timer, for nearly every alarm is called off: a
 * request that is answered in microseconds should not pay for one or two of its own.
 *
 * @param deadline On the clock of `performance.now()`, in milliseconds.
 * @returns Calls it off.
 */
export function alarm(deadline: number, ring: () => void): () => void {
  const entry: Alarm = { at: deadline, ring };
  alarms.add(entry);
  if (deadline < timerAt) {
    wakeAt(deadline);
  }
  return () => alarms.delete(entry);
}

function wakeAt(deadline: number): void {
  clearTimeout(timer);
  timerAt = deadline;
  timer = setTimeout(ringDue, Math.max(0, Math.ceil(deadline - performance.now())));
  // Whoever waits for an alarm has a connection open, which keeps the process up; an alarm called off must not.
  timer.unref();
}

function ringDue(): void {
  timerAt = Number.POSITIVE_INFINITY;
  const now = performance.now();
  let next = Number.POSITIVE_INFINITY;
  for (const entry of alarms) {
    if (entry.at <= now) {
      alarms.delete(entry);
      entry.ring();
    } else {
      next = Math.min(next, entry.at);
    }
  }
  if (next < timerAt) {
    wakeAt(next);
  }
}

/**
 * The promise's outcome, or Problem 504 where it has none by the deadline.
 *
 * @param deadline On the clock of `performance.now()`, in milliseconds.
 */
export function before<T>(deadline: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const callOff = alarm(deadline, () => reject(new Problem(504, "timeout", "the model did not answer in time")));
    promise.then(
      (value) => {
        callOff();
        resolve(value);
      },
      (error: unknown) => {
        callOff();
        reject(error);
      },
    );
  });
}
