import { z } from "zod";
import { UserError } from "../../common/errors.ts";
import type { Decision } from "../decide/decide.ts";
import { WEEKDAYS } from "../decide/freeze.ts";
import type { Plan } from "../decide/plan.ts";
import type { Read } from "../decide/read.ts";
import type { Settings } from "../settings/settings.ts";

const Share = z.number().min(0).max(1);
const Goal = z.object({ bad: z.number().min(0), total: z.number().min(0) });

const PlanLine = z.object({
  stable: z.string(),
  canary: z.string(),
  steps: z.array(z.object({ share: Share, approval: z.boolean() })).min(1),
  lowest: z.int().min(0),
  goals: z.array(z.object({ name: z.string(), margin: Share })).min(1),
  confidence: Share,
  minRequests: z.number(),
  deadlineSeconds: z.number(),
  freeze: z.array(
    z.object({ days: z.array(z.enum(WEEKDAYS)), from: z.string(), to: z.string(), timeZone: z.string() }),
  ),
  history: z.array(Goal),
});

const ReadLine = z.object({
  at: z.number(),
  seconds: z.number(),
  weights: z.record(z.string(), z.number()),
  counts: z
    .record(
      z.string(),
      z.object({
        requests: z.number().min(0),
        goals: z.array(Goal),
        pods: z.number().optional(),
        reset: z.boolean().optional(),
      }),
    )
    .optional(),
  missing: z.string().optional(),
  health: z
    .record(
      z.string(),
      z.object({ pods: z.number(), ready: z.number(), restarts: z.number(), trouble: z.string().optional() }),
    )
    .optional(),
  approved: z.array(z.number()).optional(),
  frozen: z.string().optional(),
});

const DecisionLine = z.object({
  action: z.enum(["hold", "advance", "back", "promote", "abort"]),
  reasons: z.array(z.string()),
  needsPerson: z.boolean(),
});

const AutoscalingLine = z.looseObject({
  name: z.string().optional(),
  minReplicas: z.number(),
  maxReplicas: z.number(),
});

const SettingsLine = z.object({
  stable: z.string(),
  canary: z.string(),
  weight: z.number(),
  capacity: z.record(
    z.string(),
    z.object({
      replicas: z.number().optional(),
      autoscaling: AutoscalingLine.optional(),
      disruptionBudget: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});

const time = z.string();

const Line = z.discriminatedUnion("record", [
  z.object({
    record: z.literal("start"),
    format: z.literal(1),
    time,
    model: z.string(),
    plan: PlanLine,
    settings: SettingsLine,
  }),
  z.object({ record: z.literal("decision"), time, read: ReadLine, decision: DecisionLine }),
  z.object({ record: z.literal("move"), time, from: SettingsLine, through: z.array(SettingsLine).min(1) }),
  z.object({ record: z.literal("moved"), time }),
  z.object({
    record: z.literal("request"),
    time,
    what: z.enum(["approve", "abort", "freeze", "unfreeze"]),
    by: z.string(),
    reason: z.string(),
    step: z.number().optional(),
  }),
  z.object({ record: z.literal("left"), time, reason: z.string() }),
]);

/** The beginning of a rollout: everything that its decisions depend on besides the reads. */
export interface StartRecord {
  readonly record: "start";
  readonly format: 1;
  /** When, for people: ISO 8601, UTC. So are the times of all records. */
  readonly time: string;
  readonly model: string;
  readonly plan: Plan;
  /** What the stack file had before. */
  readonly settings: Settings;
}

/** A decision with the read that it was made on. */
export interface DecisionRecord {
  readonly record: "decision";
  readonly time: string;
  readonly read: Read;
  readonly decision: Decision;
}

/** How the stack file gets to where the last decision wants it, written before its first change. */
export interface MoveRecord {
  readonly record: "move";
  readonly time: string;
  readonly from: Settings;
  /** In order; each is deployed before the next is written. */
  readonly through: readonly Settings[];
}

/** The stack file and the cluster have arrived there. */
export interface MovedRecord {
  readonly record: "moved";
  readonly time: string;
}

/** What a person, or the driver for a reason besides the statistics, asks of a rollout. */
export interface RequestRecord {
  readonly record: "request";
  readonly time: string;
  readonly what: "approve" | "abort" | "freeze" | "unfreeze";
  readonly by: string;
  /** Why, in words; may be empty. */
  readonly reason: string;
  /** Index of the step that is approved. */
  readonly step?: number;
}

/** The rollout ended because a person changed the model's versions. */
export interface LeftRecord {
  readonly record: "left";
  readonly time: string;
  readonly reason: string;
}

export type RolloutRecord = StartRecord | DecisionRecord | MoveRecord | MovedRecord | RequestRecord | LeftRecord;

/** The file of a model's rollouts, beside its stack file. */
export function recordFile(stackFile: string, entry: string): string {
  return `${stackFile.replace(/\.ya?ml$/, "")}.rollout-${entry}.jsonl`;
}

export function startRecord(model: string, plan: Plan, settings: Settings, at: number): StartRecord {
  return { record: "start", format: 1, time: timeText(at), model, plan, settings };
}

export function decisionRecord(read: Read, decision: Decision): DecisionRecord {
  return { record: "decision", time: timeText(read.at), read, decision };
}

/** A point in time as records have it. */
export function timeText(at: number): string {
  return new Date(at).toISOString();
}

/** A record as one line of the file, its line break included. */
export function formatRecord(record: RolloutRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** The records of a file with the numbers of their lines, from 1. */
export interface NumberedRecord {
  readonly line: number;
  readonly record: RolloutRecord;
}

/**
 * Reads a file of records. A last line without a line break is what an interrupted writer left, and is not one yet.
 *
 * @throws UserError naming file and line of what is no record
 */
export function parseRecords(text: string, file: string): NumberedRecord[] {
  const complete = text.slice(0, text.lastIndexOf("\n") + 1);
  return complete
    .split("\n")
    .map((line, index) => ({ line: index + 1, text: line }))
    .filter((each) => each.text.trim() !== "")
    .map(({ line, text: one }) => ({ line, record: parseLine(one, `${file}:${line}`) }));
}

function parseLine(text: string, place: string): RolloutRecord {
  const remedy = "restore the file from Git";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UserError(`${place}: is not JSON`, remedy);
  }
  const { data, error } = Line.safeParse(value);
  if (data === undefined) throw new UserError(`${place}: is no record of a rollout: ${z.prettifyError(error)}`, remedy);
  return data as RolloutRecord;
}
