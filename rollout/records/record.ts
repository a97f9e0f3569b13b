import { z } from "zod";
import { UserError } from "../../common/errors.ts";
import type { Decision } from "../decide/decide.ts";
import { WEEKDAYS } from "../decide/freeze.ts";
import type { Plan } from "../decide/plan.ts";
import type { Read } from "../decide/read.ts";

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
  approved: z.array(z.number()).optional(),
});

const DecisionLine = z.object({
  action: z.enum(["hold", "advance", "back", "promote", "abort"]),
  reasons: z.array(z.string()),
  needsPerson: z.boolean(),
});

const Line = z.discriminatedUnion("record", [
  z.object({ record: z.literal("start"), format: z.literal(1), model: z.string(), plan: PlanLine }),
  z.object({ record: z.literal("decision"), time: z.string(), read: ReadLine, decision: DecisionLine }),
]);

/** The beginning of a rollout: everything that its decisions depend on besides the reads. */
export interface StartRecord {
  readonly record: "start";
  readonly format: 1;
  readonly model: string;
  readonly plan: Plan;
}

/** A decision with the read that it was made on. */
export interface DecisionRecord {
  readonly record: "decision";
  /** When, for people: ISO 8601, UTC. */
  readonly time: string;
  readonly read: Read;
  readonly decision: Decision;
}

export type RolloutRecord = StartRecord | DecisionRecord;

/** The file of a model's rollouts, beside its stack file. */
export function recordFile(stackFile: string, entry: string): string {
  return `${stackFile.replace(/\.ya?ml$/, "")}.rollout-${entry}.jsonl`;
}

export function startRecord(model: string, plan: Plan): StartRecord {
  return { record: "start", format: 1, model, plan };
}

export function decisionRecord(read: Read, decision: Decision): DecisionRecord {
  return { record: "decision", time: new Date(read.at).toISOString(), read, decision };
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
