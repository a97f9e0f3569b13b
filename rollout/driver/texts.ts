import type { Decision } from "../decide/decide.ts";
import { meanOfLogarithms } from "../decide/mixture.ts";
import type { Plan } from "../decide/plan.ts";
import type { Read } from "../decide/read.ts";
import { percent } from "../decide/reasons.ts";
import type { State } from "../decide/state.ts";
import { stepWeight } from "../settings/settings.ts";
import type { CommitText, News } from "./actor.ts";
import type { Cause, Progress } from "./progress.ts";

/** The subject of a commit or message: what has been done. */
export function subjectOf({ model, plan, state }: Progress, what: Cause["what"]): string {
  const weight = stepWeight(plan, state.step);
  const version = `version ${plan.canary}`;
  const texts = {
    start: `Start the rollout of ${model} ${version} at ${weight} %`,
    advance: `Give ${model} ${version} ${weight} % of the requests`,
    back: `Take ${model} ${version} back to ${weight} %`,
    promote: `Make ${model} ${version} the stable version`,
    abort: `Abort the rollout of ${model} ${version}`,
  };
  return texts[what].slice(0, 72);
}

/** The commit for a move that has arrived. */
export function commitText(progress: Progress): CommitText {
  const { pending, state, plan } = progress;
  if (pending === undefined) return { subject: `Record the rollout of ${progress.model}`.slice(0, 72), body: "" };
  const lines = [
    ...pending.reasons.map((reason) => `${reason[0]?.toUpperCase()}${reason.slice(1)}.`),
    ...(pending.what === "start"
      ? []
      : [`Version ${plan.canary} has had ${Math.round(state.exposure)} requests in ${state.blocks} blocks so far.`]),
  ];
  return { subject: subjectOf(progress, pending.what), body: lines.join("\n") };
}

export function newsOf(progress: Progress, { what, reasons }: Cause): News {
  const weight = { abort: 0, promote: 100 } as const;
  return {
    what: what === "start" ? "started" : what,
    text: `${subjectOf(progress, what)}: ${reasons.join("; ")}`,
    weight: what === "abort" || what === "promote" ? weight[what] : stepWeight(progress.plan, progress.state.step),
  };
}

/** One look in a line: the share, the requests of both versions, the evidence, and the decision with its reasons. */
export function progressLine(plan: Plan, state: State, read: Read, { action, reasons }: Decision): string {
  const time = new Date(read.at).toISOString().slice(11, 19);
  const counts = [plan.canary, plan.stable].map((version) => {
    const { requests, goals } = read.counts?.[version] ?? { requests: 0, goals: [] };
    return `v${version} ${requests} (${goals.map(({ bad }) => bad).join("/")} bad)`;
  });
  const shares = read.counts === undefined ? "no counts" : counts.join(", ");
  const harm = meanOfLogarithms(state.goals.map((goal) => goal.harm));
  const evidence = `harm ${Number(harm.toPrecision(2))}`;
  return `${time}  ${percent(state.share ?? 0).padStart(5)}  ${shares}  ${evidence}  ${action}: ${reasons.join("; ")}`;
}
