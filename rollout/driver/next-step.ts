import {
  type ModelView,
  moveBack,
  moveToWeight,
  moveUp,
  type Settings,
  sameSettings,
  sameTraffic,
  stepWeight,
} from "../settings/settings.ts";
import type { Cause, Progress } from "./progress.ts";

/** What a driver does next. */
export type Step =
  /** Record how the configuration gets to where the last decision wants it. */
  | { readonly do: "plan"; readonly cause: Cause }
  /** Write settings to the stack file. */
  | { readonly do: "configure"; readonly settings: Settings }
  /** Run the engine on the settings that the stack file has. */
  | { readonly do: "deploy"; readonly settings: Settings }
  /** Record that the configuration has arrived. */
  | { readonly do: "arrive" }
  /** Read the evidence, and decide; `note` says that somebody has changed the weight. */
  | { readonly do: "look"; readonly note?: string }
  /** Somebody has changed the weight that a move starts from: leave it alone, and say so. */
  | { readonly do: "yield"; readonly reason: string }
  /** Somebody has ended the rollout by changing its versions. */
  | { readonly do: "leave"; readonly reason: string }
  | { readonly do: "end" };

/**
 * The next step from the records, the stack file, and what this process has deployed. Pure, so an interrupted driver goes on
 * from wherever it was: each step is repeated until its effect can be seen.
 *
 * @param deployed the settings that this process has deployed last; undefined if it has deployed none
 */
export function nextStep(progress: Progress, { settings }: ModelView, deployed: Settings | undefined): Step {
  const { plan, pending, move } = progress;
  if (progress.ended !== undefined) return { do: "end" };
  if (move !== undefined) {
    const place = [move.from, ...move.through].findLastIndex((each) => sameSettings(each, settings)) - 1;
    const next = move.through[place + 1];
    // A planned step may leave the settings as they are.
    if (place >= 0 && (deployed === undefined || !sameSettings(deployed, settings))) return { do: "deploy", settings };
    if (place >= -1) return next === undefined ? { do: "arrive" } : { do: "configure", settings: next };
  }
  if (settings.stable !== plan.stable || settings.canary !== plan.canary) {
    return {
      do: "leave",
      reason: `the stack file has version ${settings.stable} as stable and ${settings.canary} as canary, not ${plan.stable} and ${plan.canary} any more`,
    };
  }
  if (pending === undefined) {
    const weight = stepWeight(plan, progress.state.step);
    return settings.weight === weight ? { do: "look" } : { do: "look", note: byHand(settings, weight) };
  }
  // The settings are where the rollout left them, or its abort does not mind.
  if (move === undefined || pending.what === "abort") {
    return fits(progress, settings)
      ? { do: "plan", cause: pending }
      : { do: "yield", reason: byHand(settings, weightBefore(progress)) };
  }
  // In the middle of a move only pods may have changed.
  const known = [move.from, ...move.through].some((each) => sameTraffic(each, settings));
  return known ? { do: "plan", cause: pending } : { do: "yield", reason: byHand(settings, weightBefore(progress)) };
}

function fits(progress: Progress, settings: Settings): boolean {
  if (progress.pending?.what === "abort" || progress.pending?.what === "start") return true;
  return settings.weight === weightBefore(progress);
}

/** The canary's weight before the pending move. */
function weightBefore({ ours, before }: Progress): number {
  return (ours ?? before).weight;
}

function byHand({ canary, weight }: Settings, expected: number): string {
  return `version ${canary} has ${weight} % in the stack file, not the ${expected} % of this step: changed by hand; set it back, or abort the rollout`;
}

/**
 * The settings to go through for a cause.
 *
 * @param stablePods ready pods of the stable version
 */
export function planMove(progress: Progress, view: ModelView, cause: Cause, stablePods: number): Settings[] {
  if (cause.what === "abort") return moveBack(view, progress.before, progress.ours);
  if (cause.what === "promote") return moveUp(view, progress.before, stablePods);
  return moveToWeight(view, stepWeight(progress.plan, progress.state.step), stablePods);
}
