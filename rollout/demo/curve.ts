import { meanOfLogarithms } from "../decide/mixture.ts";
import { percent } from "../decide/reasons.ts";
import { readProgress } from "../driver/progress.ts";
import type { NumberedRecord, RolloutRecord } from "../records/record.ts";

/** A share of the requests from a time on. */
export interface Point {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Percent of the requests for the new version. */
  readonly weight: number;
}

/** The weight of the canary over time, as the records of a rollout have it. A promoted version ends with 100. */
export function pointsOf(records: readonly NumberedRecord[]): Point[] {
  const points: Point[] = [];
  let move: Extract<RolloutRecord, { record: "move" }> | undefined;
  for (const { record } of records) {
    if (record.record === "start") points.push({ at: Date.parse(record.time), weight: record.settings.weight });
    if (record.record === "move") move = record;
    const last = move?.through.at(-1);
    if (record.record !== "moved" || move === undefined || last === undefined) continue;
    const promoted = last.stable !== move.from.stable;
    points.push({ at: Date.parse(record.time), weight: promoted ? 100 : last.weight });
  }
  return points;
}

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;

/** A percentage as a bar of at most `width` characters. */
export function bar(share: number, width: number): string {
  const eighths = Math.round((Math.min(100, Math.max(0, share)) / 100) * width * 8);
  return "█".repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
}

/**
 * Shares over time as rows of characters, the highest first; time runs to the right.
 *
 * @param end when the curve ends; milliseconds since 1970
 */
export function curve(points: readonly Point[], end: number, { columns = 60, rows = 5 } = {}): string[] {
  const start = points[0]?.at ?? end;
  const span = Math.max(1, end - start);
  const heights = Array.from({ length: columns }, (_, column) => {
    const at = start + (span * (column + 0.5)) / columns;
    return points.findLast((point) => point.at <= at)?.weight ?? 0;
  });
  const lines = Array.from({ length: rows }, (_, row) => {
    const low = (100 * (rows - 1 - row)) / rows;
    const cells = heights.map((height) => cell(((height - low) * rows) / 100));
    return `${`${Math.round(low + 100 / rows)} %`.padStart(6)} ┤${cells.join("").trimEnd()}`;
  });
  const seconds = Math.round(span / 1000);
  const label = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} min`;
  return [...lines, `       └${"─".repeat(columns)}`, `        0${label.padStart(columns - 1)}`];
}

const LEVELS = " ▁▂▃▄▅▆▇█";

/** How much of a row a column fills, 0–1; a share above 0 can always be seen. */
function cell(filled: number): string {
  if (filled <= 0) return " ";
  return LEVELS[Math.min(8, Math.max(1, Math.round(filled * 8)))] ?? " ";
}

/** What a record means to somebody who watches; undefined if it is nothing to see. */
export function eventLine(records: readonly NumberedRecord[], file: string): string | undefined {
  const record = records.at(-1)?.record;
  const progress = readProgress(records, file);
  if (record === undefined || progress === undefined) return undefined;
  const { plan, state } = progress;
  const time = "time" in record ? new Date(record.time).toISOString().slice(11, 19) : "";
  const weight = pointsOf(records).at(-1)?.weight ?? 0;
  const line = (text: string) => `${time}  ${bar(weight, 20).padEnd(20)} ${`${weight} %`.padStart(5)}  ${text}`;
  if (record.record === "moved") return line(`version ${plan.canary} gets ${weight} % of the requests`);
  if (record.record === "request") return line(`${record.what} by ${record.by}: ${record.reason}`);
  if (record.record !== "decision") return undefined;
  const { read, decision } = record;
  const counts = [plan.stable, plan.canary].map((version) => {
    const { requests = 0, goals = [] } = read.counts?.[version] ?? {};
    return `v${version} ${requests} requests, ${goals.map(({ bad }) => bad).join("/")} bad`;
  });
  const harm = Number(meanOfLogarithms(state.goals.map((goal) => goal.harm)).toPrecision(2));
  const seen =
    read.counts === undefined ? [] : [...counts, `evidence of harm ${harm} of ${harmBound(plan.confidence)}`];
  return line([...seen, `${decision.action}: ${decision.reasons.join("; ")}`].join(" · "));
}

/** Evidence at which a version is aborted. */
function harmBound(confidence: number): string {
  return String(Math.round(5 / (1 - confidence)));
}

/** Requests of both versions so far, by the records: in all, and bad ones for each goal. */
export function totals(records: readonly NumberedRecord[], version: string): string {
  const counts = records.flatMap(({ record }) =>
    record.record === "decision" ? (record.read.counts?.[version] ?? []) : [],
  );
  const requests = counts.reduce((sum, each) => sum + each.requests, 0);
  const bad = counts.reduce((sum, { goals }) => sum + (goals[0]?.bad ?? 0), 0);
  return `${requests} requests${requests > 0 ? `, ${percent(bad / requests)} failed` : ""}`;
}
