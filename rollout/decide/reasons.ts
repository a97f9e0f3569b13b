import { BLOCK_SECONDS, type Plan } from "./plan.ts";
import type { Read } from "./read.ts";
import type { HealthState, OpenBlock, State } from "./state.ts";

/** The texts of decisions. Numbers are rounded for people; records hold the exact ones. */

export function ended(how: "promote" | "abort"): string {
  return how === "promote" ? "the rollout has ended: promoted" : "the rollout has ended: aborted";
}

export function noCounts(version: string): string {
  return `no counts of version ${version}`;
}

export function otherWeight(plan: Plan, share: number, target: number): string {
  return `version ${plan.canary} gets ${percent(share)} of the requests by the route's weights, not the step's ${percent(target)}; nothing is counted until they agree`;
}

export function firstRead(): string {
  return "the first read at this weight is not counted";
}

export function openBlock({ canary, stable }: Plan, block: OpenBlock): string {
  const silent = [...(block.canary.requests < 1 ? [canary] : []), ...(block.stable.requests < 1 ? [stable] : [])];
  const seconds = Math.round(block.seconds);
  if (block.seconds >= BLOCK_SECONDS || silent.length === 2) {
    return `no requests to version ${silent.join(" and version ")} for ${seconds} s`;
  }
  return `a block takes ${BLOCK_SECONDS} s; this one has ${seconds} s`;
}

export function harmed(plan: Plan, state: State, alpha: number): string[] {
  return [
    `version ${plan.canary} is worse: ${worstGoal(plan, state)}; a version that is no worse comes to this with a chance below ${percent(alpha)}`,
  ];
}

export function suspicious(plan: Plan, state: State): string {
  return `version ${plan.canary} may be worse: ${worstGoal(plan, state)}`;
}

export function tripped(): string {
  return "far more failures in one read than the stable version has";
}

export function disproved(plan: Plan, goal: number): string {
  return `at this step, ${plan.goals[goal]?.name} speaks clearly against version ${plan.canary}`;
}

export function splitBroken(plan: Plan, { counts }: Read, alpha: number): string {
  const got = counts?.[plan.canary]?.requests ?? 0;
  const all = got + (counts?.[plan.stable]?.requests ?? 0);
  const share = all > 0 ? ` (${percent(got / all)} in the last read)` : "";
  return `version ${plan.canary}'s share of the requests${share} does not fit its weight; chance below ${percent(alpha)} if it did. Look for sessions, retries or a header rule that pick a version`;
}

export function backedOff(times: number): string {
  return `backed off ${times} times; a person must decide`;
}

export function undecided(plan: Plan, state: State, goal: number, bound: number): string {
  const evidence = Math.exp(state.goals[goal]?.noWorse[state.step] ?? 0);
  return `${plan.goals[goal]?.name}: evidence ${round(evidence)} of ${round(Math.exp(bound))} that it is not worse by ${percent(plan.goals[goal]?.margin ?? 0)}`;
}

export function fewBlocks(blocks: number, least: number): string {
  return `${blocks} of ${least} blocks at this step`;
}

export function fewRequests(plan: Plan, requests: number): string {
  return `${requests} of ${plan.minRequests} requests to version ${plan.canary} at this step (minRequests)`;
}

export function counterReset(version: string): string {
  return `a counter of version ${version} started again; failures may be missing`;
}

export function late(plan: Plan, seconds: number): string {
  return `${Math.round(seconds / 60)} minutes at this step, more than its deadline of ${round(plan.deadlineSeconds / 60)}; a person must decide`;
}

export function crashing({ canary, stable }: Plan, { canaryCrashes, stableCrashes }: HealthState): string {
  return `version ${canary}'s containers crashed ${canaryCrashes} times since the start, version ${stable}'s ${stableCrashes} times`;
}

export function unready({ canary }: Plan, { health }: Read, { unreadySeconds }: HealthState): string {
  const trouble = health?.[canary]?.trouble;
  return `version ${canary} has had no ready pod for ${Math.round(unreadySeconds)} s${trouble === undefined ? "" : `: ${trouble}`}`;
}

export function frozen(window: string): string {
  return `frozen: ${window}`;
}

export function unapproved(plan: Plan, step: number): string {
  return `step ${percent(plan.steps[step]?.share ?? 0)} waits for approval`;
}

export function noWorse(plan: Plan, state: State): string[] {
  return state.goals.map(
    (goal, index) =>
      `${plan.goals[index]?.name}: evidence ${round(Math.exp(goal.noWorse[state.step] ?? 0))} that it is not worse by ${percent(plan.goals[index]?.margin ?? 0)}`,
  );
}

function worstGoal(plan: Plan, state: State): string {
  const worst = state.goals.reduce((best, goal, index) => {
    return goal.harm > (state.goals[best]?.harm ?? Number.NEGATIVE_INFINITY) ? index : best;
  }, 0);
  const past = state.goals[worst]?.past;
  const rate = ({ bad, total }: { bad: number; total: number }) => percent(total > 0 ? bad / total : 0);
  if (past === undefined) return "";
  return `${plan.goals[worst]?.name} lately ${rate(past.canary)}, version ${plan.stable} ${rate(past.stable)}`;
}

/** A share as percent, such as `0.5 %`. */
export function percent(share: number): string {
  return `${round(100 * share)} %`;
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}
