import { UserError } from "../../common/errors.ts";
import { type Decision, decide } from "../decide/decide.ts";
import type { Plan } from "../decide/plan.ts";
import { initialState, type State } from "../decide/state.ts";
import type { MoveRecord, NumberedRecord, RequestRecord, StartRecord } from "../records/record.ts";
import { type Settings, stepWeight } from "../settings/settings.ts";

/** What brings the configuration from one state to the next. */
export interface Cause {
  readonly what: "start" | "advance" | "back" | "promote" | "abort";
  readonly reasons: readonly string[];
}

/** Where a rollout stands, by its records alone. */
export interface Progress {
  readonly model: string;
  readonly plan: Plan;
  /** The settings that it started from. */
  readonly before: Settings;
  readonly state: State;
  /** The last decision; undefined before the first. */
  readonly decision: Decision | undefined;
  /** The time of the last read; undefined before the first. */
  readonly lastRead: number | undefined;
  /** What the configuration still has to follow; undefined if it has. */
  readonly pending: Cause | undefined;
  /** The move of `pending`, once it is planned. */
  readonly move: MoveRecord | undefined;
  /** The settings that the rollout itself has written last, or planned to. */
  readonly ours: Settings | undefined;
  /** Steps that a person has approved to leave. */
  readonly approved: readonly number[];
  /** Why a person has frozen the rollout; undefined if it is not frozen. */
  readonly frozen: string | undefined;
  /** How it ended; undefined while it runs. */
  readonly ended: "promoted" | "aborted" | "left to a person" | undefined;
  /** The last lines for people: decisions other than to hold, and requests. */
  readonly history: readonly { readonly time: string; readonly text: string }[];
}

/**
 * The last rollout of a file of records; undefined if there is none.
 *
 * @param earlier what the records before these have come to
 * @throws UserError if the file has other records before a start
 */
export function readProgress(
  records: readonly NumberedRecord[],
  file: string,
  earlier?: Progress,
): Progress | undefined {
  let progress = earlier;
  for (const { line, record } of records) {
    if (record.record === "start") {
      progress = begun(record);
      continue;
    }
    if (progress === undefined) {
      throw new UserError(`${file}:${line}: a record without a rollout's start before it`, "restore the file from Git");
    }
    if (record.record === "decision") {
      const { state } = decide(progress.plan, progress.state, record.read);
      const cause = causeOf(record.decision);
      progress = {
        ...progress,
        state,
        decision: record.decision,
        lastRead: record.read.at,
        ...(cause === undefined ? {} : caused(progress, record.time, cause)),
      };
    } else if (record.record === "request") {
      progress = requested(progress, record);
    } else if (record.record === "move") {
      progress = { ...progress, move: record, ours: record.through.at(-1) ?? progress.ours };
    } else if (record.record === "moved") {
      progress = { ...progress, pending: undefined, move: undefined, ended: endOf(progress) };
    } else {
      progress = {
        ...progress,
        pending: undefined,
        move: undefined,
        ended: "left to a person",
        history: [...progress.history, { time: record.time, text: record.reason }],
      };
    }
  }
  return progress;
}

function begun({ time, model, plan, settings }: StartRecord): Progress {
  const text = `started: version ${plan.stable} → ${plan.canary}`;
  return {
    model,
    plan,
    before: settings,
    state: initialState(plan),
    decision: undefined,
    lastRead: undefined,
    pending: { what: "start", reasons: [text] },
    move: undefined,
    ours: undefined,
    approved: [],
    frozen: undefined,
    ended: undefined,
    history: [{ time, text }],
  };
}

function causeOf({ action, reasons }: Decision): Cause | undefined {
  return action === "hold" ? undefined : { what: action, reasons };
}

function caused(progress: Progress, time: string, cause: Cause): Pick<Progress, "pending" | "move" | "history"> {
  return {
    pending: cause,
    move: undefined,
    history: [...progress.history, { time, text: `${cause.what}: ${cause.reasons.join("; ")}` }],
  };
}

function requested(progress: Progress, { what, time, by, reason, step }: RequestRecord): Progress {
  const text = `${what}${step === undefined ? "" : ` of step ${stepWeight(progress.plan, step)} %`} by ${by}${reason === "" ? "" : `: ${reason}`}`;
  const history = [...progress.history, { time, text }];
  if (what === "approve") {
    return { ...progress, history, approved: step === undefined ? progress.approved : [...progress.approved, step] };
  }
  if (what === "freeze")
    return { ...progress, history, frozen: reason === "" ? `frozen by ${by}` : `frozen by ${by}: ${reason}` };
  if (what === "unfreeze") return { ...progress, history, frozen: undefined };
  // An abort after the end comes too late; the commands say so.
  if (progress.ended !== undefined) return progress;
  return { ...progress, history, pending: { what: "abort", reasons: [text] }, move: undefined };
}

function endOf({ pending }: Progress): Progress["ended"] {
  if (pending?.what === "promote") return "promoted";
  return pending?.what === "abort" ? "aborted" : undefined;
}
