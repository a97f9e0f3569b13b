import { Problem } from "../http-error.ts";

/** One alarm among all that are set, in the order in which they were set. */
interface Alarm {
  readonly at: number;
  /** Undefined once it has rung or been called off. */
  ring: (() => void) | undefined;
  previous: Alarm | undefined;
  next: Alarm | undefined;
}

/**
 * How often the timer runs at least, in milliseconds, alarms or not. Were it set anew by the first request after it has run
 * out, that request would do what the code compiled for the thousands before it has never seen done; to compile it anew took
 * 8 ms and more from all requests of that moment.
 */
const TICK_MS = 1000;

let first: Alarm | undefined;
let last: Alarm | undefined;
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
  const entry: Alarm = { at: deadline, ring, previous: last, next: undefined };
  if (last === undefined) {
    first = entry;
  } else {
    last.next = entry;
  }
  last = entry;
  if (deadline < timerAt) {
    wakeAt(deadline);
  }
  return () => takeOut(entry);
}

/**
 * A list rather than a `Set`, and links that are cut: a set grows into new tables, and those it has outgrown hold on to what
 * was in them. The collector, which spares old garbage, then spares every request that waited at such a moment: pauses were
 * ten times as long, and memory half as much again.
 */
function takeOut(entry: Alarm): void {
  if (entry.ring === undefined) {
    return;
  }
  const { previous, next } = entry;
  if (previous === undefined) {
    first = next;
  } else {
    previous.next = next;
  }
  if (next === undefined) {
    last = previous;
  } else {
    next.previous = previous;
  }
  entry.ring = undefined;
  entry.previous = undefined;
  entry.next = undefined;
}

function wakeAt(deadline: number): void {
  clearTimeout(timer);
  timerAt = deadline;
  timer = setTimeout(ringDue, Math.max(0, Math.ceil(deadline - performance.now())));
  // Whoever waits for an alarm has a connection open, which keeps the process up; an alarm called off must not.
  timer.unref();
}

function ringDue(): void {
  const now = performance.now();
  let soonest = now + TICK_MS;
  const due: (() => void)[] = [];
  for (let entry = first; entry !== undefined; ) {
    const { next } = entry;
    if (entry.at > now) {
      soonest = Math.min(soonest, entry.at);
    } else if (entry.ring !== undefined) {
      due.push(entry.ring);
      takeOut(entry);
    }
    entry = next;
  }
  wakeAt(soonest);
  for (const ring of due) {
    ring();
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
