/** How long the turns of one round may take before the answers they made are sent, in milliseconds. */
const ROUND_MS = 0.5;

/**
 * The same while only those ask who refuse requests. What is read between two rounds is read and refused in one go then, by
 * code that is still in the processor's caches: one by one, among runs of a model that clear them, refusals cost twice as
 * much.
 */
const REFUSING_ROUND_MS = 12;

/** How long somebody who refuses nothing is expected to ask again, in milliseconds. */
const OTHERS_MS = 100;

/** Most times that a round is put off for connections. */
const PUT_OFF = 64;

const asking: (() => void)[] = [];
let othersAskedAt = Number.NEGATIVE_INFINITY;
let isScheduled = false;
let isExpecting = false;
let putOff = 0;

/**
 * Calls `turn` when the event loop comes round, after whatever is being read now has been read. All who ask share one round,
 * in the order they asked: a server of many models would otherwise pay for one of its own, and for the promises settled in
 * it, with each small run. Where a turn takes long, the others go on in the next round, so that answers are not held up.
 *
 * @param isRefusing Whether requests for the one who asks are being refused. Where nobody else asks, a round goes on for some
 *   milliseconds. @default false
 */
export function nextTurn(turn: () => void, isRefusing = false): void {
  if (!isRefusing) {
    othersAskedAt = performance.now();
  }
  asking.push(turn);
  schedule();
}

/**
 * A connection has been accepted. The event loop accepts one each time it comes round: where a round of turns took its three
 * milliseconds each time, the last of five hundred clients would have to wait for more than a second before its request was
 * read at all. So the round waits until a loop has passed without a connection.
 */
export function connectionAccepted(): void {
  isExpecting = true;
}

function schedule(): void {
  if (!isScheduled && asking.length > 0) {
    isScheduled = true;
    setImmediate(takeTurns);
  }
}

function takeTurns(): void {
  if (isExpecting && putOff < PUT_OFF) {
    isExpecting = false;
    putOff += 1;
    setImmediate(takeTurns);
    return;
  }
  putOff = 0;
  const now = performance.now();
  const isLong = now - othersAskedAt > OTHERS_MS;
  const end = now + (isLong ? REFUSING_ROUND_MS : ROUND_MS);
  let left = isLong ? Number.POSITIVE_INFINITY : asking.length;
  do {
    asking.shift()?.();
    left -= 1;
  } while (left > 0 && asking.length > 0 && performance.now() < end);
  isScheduled = false;
  schedule();
}
