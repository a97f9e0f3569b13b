import { userInfo } from "node:os";
import { UserError } from "../../common/errors.ts";
import { stepThreshold } from "../decide/decide.ts";
import { meanOfLogarithms } from "../decide/mixture.ts";
import { percent } from "../decide/reasons.ts";
import type { Progress } from "../driver/progress.ts";
import { type RequestRecord, timeText } from "../records/record.ts";
import { stepWeight } from "../settings/settings.ts";
import { openRollout, type RolloutContext, type RolloutFlags } from "./context.ts";
import { currentProgress, type DriveFlags, run } from "./drive.ts";

/** Flags of the commands that ask something of a rollout. */
export interface RequestFlags extends RolloutFlags {
  readonly reason?: string;
  /** Percent of the step that is approved. @default the present one */
  readonly step?: number;
}

/** Approves that the rollout leaves a step upwards. */
export async function approve(flags: RequestFlags): Promise<void> {
  const { context, progress } = await runningRollout(flags);
  const { plan, state } = progress;
  const step =
    flags.step === undefined ? state.step : plan.steps.findIndex((_, index) => stepWeight(plan, index) === flags.step);
  if (plan.steps[step]?.approval !== true) {
    const open = plan.steps.flatMap(({ approval }, index) => (approval ? [`${stepWeight(plan, index)}`] : []));
    throw new UserError(
      `step ${flags.step ?? stepWeight(plan, state.step)} % needs no approval`,
      open.length === 0 ? "no step of this rollout does" : `--step takes one of ${open.join(", ")}`,
    );
  }
  await request(context, { what: "approve", step, reason: flags.reason ?? "" });
}

/** Holds back everything that raises the canary's share, until `unfreeze`. */
export async function freeze(flags: RequestFlags): Promise<void> {
  await request((await runningRollout(flags)).context, { what: "freeze", reason: flags.reason ?? "" });
}

export async function unfreeze(flags: RequestFlags): Promise<void> {
  await request((await runningRollout(flags)).context, { what: "unfreeze", reason: flags.reason ?? "" });
}

/** Aborts the rollout: by the driver that runs, else by itself. */
export async function abort(flags: RequestFlags & Pick<DriveFlags, "commit" | "interval">): Promise<void> {
  const { context } = await runningRollout(flags);
  await request(context, { what: "abort", reason: flags.reason ?? "" });
  try {
    await run(flags);
  } catch (error) {
    if (!(error instanceof UserError) || !/^the driver of /.test(error.what)) throw error;
    console.log(error.what.replace(" is running", " aborts it"));
    return;
  }
  process.exitCode = 0;
}

async function request(
  { records }: RolloutContext,
  what: Pick<RequestRecord, "what" | "reason" | "step">,
): Promise<void> {
  await records.append({ record: "request", time: timeText(Date.now()), by: userInfo().username, ...what });
  console.log(`${what.what} recorded in ${records.file}`);
}

async function runningRollout(flags: RolloutFlags): Promise<{ context: RolloutContext; progress: Progress }> {
  const context = await openRollout(flags);
  const progress = await currentProgress(context);
  if (progress === undefined) {
    throw new UserError(`no rollout of ${context.entry} has been started`, "npm run rollout -- start begins one");
  }
  if (progress.ended !== undefined) {
    throw new UserError(
      `the rollout of ${context.entry} has ended: ${progress.ended}`,
      "npm run rollout -- start begins one",
    );
  }
  return { context, progress };
}

/** Prints where the rollout stands. */
export async function status(flags: RolloutFlags): Promise<void> {
  const context = await openRollout(flags);
  const progress = await currentProgress(context);
  const lines = progress === undefined ? [`${context.entry}: no rollout has been started`] : statusLines(progress);
  for (const line of lines) console.log(line);
}

/** A rollout in words, a line each. */
export function statusLines(progress: Progress): string[] {
  const { model, plan, state, decision, pending, ended, history, frozen } = progress;
  const harm = meanOfLogarithms(state.goals.map((goal) => goal.harm));
  return [
    `${model}: version ${plan.stable} → ${plan.canary}, ${ended ?? `at ${stepWeight(plan, state.step)} %`}`,
    ...(pending === undefined || ended !== undefined ? [] : [`on its way: ${pending.what}`]),
    ...(frozen === undefined ? [] : [frozen]),
    `evidence of harm: ${Number(harm.toPrecision(3))}; requests to version ${plan.canary} so far: ${Math.round(state.exposure)}`,
    ...plan.goals.map(({ name }, goal) => {
      const evidence = Math.exp(state.goals[goal]?.noWorse[state.step] ?? 0);
      return `${name}: evidence ${Number(evidence.toPrecision(3))} of ${Number(stepThreshold(plan, state.step).toPrecision(3))} to leave the step of ${percent(plan.steps[state.step]?.share ?? 0)}`;
    }),
    ...(decision === undefined || ended !== undefined
      ? []
      : [`${decision.action}${decision.needsPerson ? " (a person is needed)" : ""}: ${decision.reasons.join("; ")}`]),
    ...history.map(({ time, text }) => `${time} ${text}`),
  ];
}
