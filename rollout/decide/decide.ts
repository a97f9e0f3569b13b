import { addRead, closeBlock, isComplete, isTripped } from "./block.ts";
import { freezeAt, freezeText } from "./freeze.ts";
import { UNREADY_SECONDS, updateHealth } from "./health.ts";
import { meanOfLogarithms } from "./mixture.ts";
import { errorRates, type Plan } from "./plan.ts";
import type { Read, VersionCounts } from "./read.ts";
import * as say from "./reasons.ts";
import { NEW_VISIT, type State } from "./state.ts";

/**
 * What to do with the canary's weight: keep it, raise it to the next step, lower it to the lowest one, give the canary
 * everything, or nothing.
 */
export type Action = "hold" | "advance" | "back" | "promote" | "abort";

export interface Decision {
  readonly action: Action;
  /** Why, for a person; the first reason is the decisive one. */
  readonly reasons: readonly string[];
  /** Whether the rollout waits for a person: time alone will not end the hold. */
  readonly needsPerson: boolean;
}

/** Blocks that each visit to a step takes at least. */
export const MIN_BLOCKS = 4;

/** Back-offs after which a person decides. */
export const MOST_BACK_OFFS = 3;

/** Mean evidence of harm above which a canary does not advance, and backs off. */
const SUSPICION = 10;

/** Evidence of being no worse below which the canary backs off. */
const DISPROVED = Math.log(1 / 1000);

/**
 * Takes one more read, and decides. Pure: the same plan, state and read always give the same decision, so a rollout can be
 * repeated from its records.
 *
 * The chance that a canary worse by its margin is ever promoted, and that one that is no worse is ever aborted, stays below
 * {@link errorRates}, however often it looks and whatever rates both versions share (outages, drift). See rollout/README.md for
 * the conditions.
 *
 * @returns the decision, and the state that the next read starts from
 */
export function decide(plan: Plan, state: State, read: Read): { readonly state: State; readonly decision: Decision } {
  if (state.ended !== undefined) return { state, decision: hold(say.ended(state.ended)) };
  const waited: State = {
    ...state,
    visit: { ...state.visit, seconds: state.visit.seconds + read.seconds },
    health: updateHealth(plan, state.health, read),
  };
  const broken = brokenPods(plan, waited, read);
  if (broken !== undefined) return { state: { ...waited, ended: "abort" }, decision: act("abort", [broken]) };
  const canary = read.counts?.[plan.canary];
  const stable = read.counts?.[plan.stable];
  if (canary === undefined || stable === undefined) {
    return {
      state: waited,
      decision: hold(read.missing ?? say.noCounts(canary === undefined ? plan.canary : plan.stable)),
    };
  }
  return withCounts(plan, waited, read, canary, stable);
}

/** Why the canary's pods alone end the rollout; undefined if they do not. */
function brokenPods(plan: Plan, { health }: State, read: Read): string | undefined {
  if (health.crashes >= Math.log(1 / errorRates(plan.confidence).abort)) return say.crashing(plan, health);
  return health.unreadySeconds >= UNREADY_SECONDS ? say.unready(plan, read, health) : undefined;
}

function withCounts(plan: Plan, before: State, read: Read, canary: VersionCounts, stable: VersionCounts) {
  const share = canaryShare(plan, read);
  const state: State = { ...before, share, exposure: before.exposure + canary.requests };
  const target = plan.steps[state.step]?.share ?? 0;
  if (Math.abs(share - target) > 1e-9) {
    return { state: { ...state, block: undefined }, decision: hold(say.otherWeight(plan, share, target)) };
  }
  const tripped = isTripped(plan, canary, stable);
  // Requests from before a change of weight are answered after it, and pods start cold.
  if (share !== before.share) {
    const fresh = { ...state, block: undefined };
    return tripped && canBackOff(plan, state)
      ? backOff(plan, fresh, say.tripped())
      : { state: fresh, decision: hold(say.firstRead()) };
  }
  const block = addRead(state.block, read.seconds, canary, stable);
  const counted = { ...state, block, visit: { ...state.visit, requests: state.visit.requests + canary.requests } };
  if (!isComplete(block, tripped))
    return { state: counted, decision: midBlock(plan, counted, say.openBlock(plan, block)) };
  return afterBlock(plan, closeBlock(plan, counted, block, share), read, { tripped, reset: block.canary.reset });
}

/** Between blocks there is no news, except that a person is still waited for. */
function midBlock(plan: Plan, state: State, reason: string): Decision {
  if (state.backOffs >= MOST_BACK_OFFS) return hold(say.backedOff(state.backOffs), true);
  const late = state.visit.seconds > plan.deadlineSeconds;
  return late ? hold([say.late(plan, state.visit.seconds), reason], true) : hold(reason);
}

function afterBlock(plan: Plan, state: State, read: Read, block: { tripped: boolean; reset: boolean }) {
  const rates = errorRates(plan.confidence);
  const harm = meanOfLogarithms(state.goals.map((goal) => goal.harm));
  if (harm >= 1 / rates.abort) {
    return {
      state: { ...state, ended: "abort" } as const,
      decision: act("abort", say.harmed(plan, state, rates.abort)),
    };
  }
  const disproved = state.goals.findIndex((goal) => (goal.noWorse[state.step] ?? 0) <= DISPROVED);
  const suspicion = block.tripped
    ? say.tripped()
    : harm >= SUSPICION
      ? say.suspicious(plan, state)
      : disproved !== -1
        ? say.disproved(plan, disproved)
        : undefined;
  if (suspicion !== undefined) {
    return canBackOff(plan, state) ? backOff(plan, state, suspicion) : { state, decision: hold(suspicion) };
  }
  const split = meanOfLogarithms(state.split);
  if (split >= 1 / rates.split) return { state, decision: hold(say.splitBroken(plan, read, rates.split), true) };
  if (state.backOffs >= MOST_BACK_OFFS) return { state, decision: hold(say.backedOff(state.backOffs), true) };
  return upwards(plan, state, read, block.reset);
}

/** What keeps a canary from rising that nothing speaks against. */
function upwards(plan: Plan, state: State, read: Read, reset: boolean) {
  const last = state.step === plan.steps.length - 1;
  const bound = Math.log(stepThreshold(plan, state.step));
  const open = state.goals.flatMap((goal, index) =>
    (goal.noWorse[state.step] ?? 0) >= bound ? [] : [say.undecided(plan, state, index, bound)],
  );
  const waiting = [
    ...open,
    ...(state.visit.blocks < MIN_BLOCKS ? [say.fewBlocks(state.visit.blocks, MIN_BLOCKS)] : []),
    ...(state.visit.requests < plan.minRequests ? [say.fewRequests(plan, state.visit.requests)] : []),
    ...(reset ? [say.counterReset(plan.canary)] : []),
  ];
  if (state.visit.seconds > plan.deadlineSeconds) {
    return { state, decision: hold([say.late(plan, state.visit.seconds), ...waiting], true) };
  }
  if (waiting.length > 0) return { state, decision: hold(waiting) };
  if (read.frozen !== undefined) return { state, decision: hold(read.frozen, true) };
  const frozen = freezeAt(plan.freeze, read.at);
  if (frozen !== undefined) return { state, decision: hold(say.frozen(freezeText(frozen))) };
  if (plan.steps[state.step]?.approval === true && read.approved?.includes(state.step) !== true) {
    return { state, decision: hold(say.unapproved(plan, state.step), true) };
  }
  const reasons = say.noWorse(plan, state);
  if (last) return { state: { ...state, ended: "promote" } as const, decision: act("promote", reasons) };
  return { state: { ...state, step: state.step + 1, visit: NEW_VISIT }, decision: act("advance", reasons) };
}

/** Evidence that a canary needs to leave a step: little for a small next share, 1/α for the last. */
export function stepThreshold(plan: Plan, step: number): number {
  const next = plan.steps[step + 1];
  return next === undefined ? 1 / errorRates(plan.confidence).promote : Math.max(1, next.share / 0.1);
}

function canBackOff(plan: Plan, state: State): boolean {
  return state.step > plan.lowest && state.backOffs < MOST_BACK_OFFS;
}

function backOff(plan: Plan, state: State, reason: string) {
  const backOffs = state.backOffs + 1;
  const next = { ...state, step: plan.lowest, visit: NEW_VISIT, block: undefined, backOffs };
  const reasons = backOffs >= MOST_BACK_OFFS ? [reason, say.backedOff(backOffs)] : [reason];
  return { state: next, decision: { action: "back", reasons, needsPerson: backOffs >= MOST_BACK_OFFS } as const };
}

/** The canary's share of what the stable version and the canary get together. */
export function canaryShare(plan: Plan, { weights }: Read): number {
  const canary = weights[plan.canary] ?? 0;
  const both = canary + (weights[plan.stable] ?? 0);
  return both > 0 ? canary / both : 0;
}

function hold(reasons: string | readonly string[], needsPerson = false): Decision {
  return { action: "hold", reasons: typeof reasons === "string" ? [reasons] : reasons, needsPerson };
}

function act(action: Action, reasons: readonly string[]): Decision {
  return { action, reasons, needsPerson: false };
}
