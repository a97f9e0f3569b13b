/** How long the turns of one round may take before the answers they made are sent, in milliseconds. */
const ROUND_MS = 0.5;

let asking: (() => void)[] = [];
let isScheduled = false;

/**
 * Calls `turn` when the event loop comes round, after whatever is being read now has been read. All who ask share one round,
 * in the order they asked: a server of many models would otherwise pay for one of its own, and for the promises settled in
 * it, with each small run. Where a turn takes long, the others go on in the next round, so that answers are not held up.
 */
export function nextTurn(turn: () => void): void {
  asking.push(turn);
  schedule();
}

function schedule(): void {
  if (!isScheduled && asking.length > 0) {
    isScheduled = true;
    setImmediate(takeTurns);
  }
}

function takeTurns(): void {
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
