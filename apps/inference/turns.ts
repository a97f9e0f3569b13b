/** How long the turns of one round may take before the answers they made are sent, in milliseconds. */
const ROUND_MS = 0.5;

/** Most times that a round is put off for connections. */
const PUT_OFF = 64;

let asking: (() => void)[] = [];
let isScheduled = false;
let isExpecting = false;
let putOff = 0;

/**
 * Calls `turn` when the event loop comes round, after whatever is being read now has been read. All who ask share one round,
 * in the order they asked: a server of many models would otherwise pay for one of its own, and for the promises settled in
 * it, with each small run. Where a turn takes long, the others go on in the next round, so that answers are not held up.
 */
export function nextTurn(turn: () => void): void {
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
  const turns = asking;
  asking = [];
  isScheduled = false;
  const end = performance.now() + ROUND_MS;
  let taken = 0;
  for (const turn of turns) {
    turn();
    taken += 1;
    if (performance.now() > end) {
      break;
    }
  }
  asking = [...turns.slice(taken), ...asking];
  schedule();
}
