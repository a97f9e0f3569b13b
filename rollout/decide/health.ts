import type { Plan } from "./plan.ts";
import type { Health, Read } from "./read.ts";
import type { HealthState } from "./state.ts";

/** How long a canary may have no ready pod while the stable version has one; seconds. */
export const UNREADY_SECONDS = 60;

/** How many times more often than the stable version's a canary's pods restart, in the tested alternative. */
const FACTOR = 10;

/**
 * What the pods say. Counters miss what a process takes with it when it crashes, and a version without pods has none.
 *
 * Of the restarts of both versions together, no more than the canary's share of the pods should be the canary's. The likelihood
 * ratio of ten times its rate is an e-process, as the bets on requests are.
 */
export function updateHealth(plan: Plan, before: HealthState, { health, seconds, at }: Read): HealthState {
  const canary = health?.[plan.canary];
  const stable = health?.[plan.stable];
  if (canary === undefined || stable === undefined) return before;
  const unready = canary.pods > 0 && canary.ready === 0 && stable.ready > 0;
  const since = before.at === undefined ? seconds : (at - before.at) / 1000;
  return {
    at,
    unreadySeconds: unready ? before.unreadySeconds + (before.unready ? since : 0) : 0,
    unready,
    restarts: { canary: canary.restarts, stable: stable.restarts },
    crashes: before.crashes + crashPayoff(canary, stable, before.restarts),
    canaryCrashes: before.canaryCrashes + increase(canary.restarts, before.restarts?.canary),
    stableCrashes: before.stableCrashes + increase(stable.restarts, before.restarts?.stable),
  };
}

function crashPayoff(canary: Health, stable: Health, before: HealthState["restarts"]): number {
  const pods = Math.max(1, canary.pods);
  const others = Math.max(1, stable.pods);
  const expected = pods / (pods + others);
  const tested = (FACTOR * pods) / (FACTOR * pods + others);
  return (
    increase(canary.restarts, before?.canary) * Math.log(tested / expected) +
    increase(stable.restarts, before?.stable) * Math.log((1 - tested) / (1 - expected))
  );
}

/** Restarts since the last read. Pods that were replaced take theirs with them. */
function increase(now: number, before: number | undefined): number {
  return before === undefined ? 0 : Math.max(0, now - before);
}
