import { z } from "zod";
import { isTimeZone } from "../values.ts";

/** One field of a schedule: its name, its bounds, and names for its values from the lowest on. */
interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const FIELDS: readonly Field[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of the month", min: 1, max: 31 },
  {
    name: "month",
    min: 1,
    max: 12,
    names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  { name: "day of the week", min: 0, max: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

const MACROS = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/**
 * What is wrong with the schedule of a CronJob; undefined if it is valid.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
 */
export function scheduleProblem(schedule: string): string | undefined {
  if (schedule.startsWith("@")) {
    return MACROS.includes(schedule) ? undefined : `"${schedule}" is none of ${MACROS.join(", ")}`;
  }
  if (/TZ=/.test(schedule)) return "takes no time zone; set `timeZone` instead";
  const parts = schedule.trim().split(/\s+/);
  if (parts.length !== FIELDS.length) {
    return `needs five fields (minute, hour, day of the month, month, day of the week), has ${schedule.trim() === "" ? 0 : parts.length}`;
  }
  for (const [index, field] of FIELDS.entries()) {
    const part = parts[index] ?? "";
    if (!part.split(",").every((range) => isRange(range, field))) {
      return `${field.name} "${part}" is not *, numbers from ${field.min} to ${field.max}, ranges (1-5), steps (*/5) or lists of these`;
    }
  }
  const [, , days = "", months = "", weekdays = ""] = parts;
  // With days of the week besides, those of the month are not alone.
  if (/^[*?]/.test(weekdays) && !happens(days, months)) {
    return `none of the months "${months}" has a day "${days}", so it never runs`;
  }
  return undefined;
}

/** Days of the months, with those of a leap year. */
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether one of the months has one of the days. */
function happens(days: string, months: string): boolean {
  const [, , day, month] = FIELDS;
  if (day === undefined || month === undefined) return true;
  const [first = 1] = valuesOf(days, day);
  return valuesOf(months, month).some((value) => first <= (DAYS[value - 1] ?? 31));
}

/** The values of a valid field, rising. */
function valuesOf(text: string, field: Field): number[] {
  const values = text.split(",").flatMap((part) => {
    const [range = "", step = "1"] = part.split("/");
    const [from, to = part.includes("/") ? field.max : from] = /^[*?]$/.test(range)
      ? [field.min, field.max]
      : range.split("-").map((end) => numberOf(end, field) ?? field.min);
    const all: number[] = [];
    for (let value = from ?? field.min; value <= (to ?? field.max); value += Number(step)) all.push(value);
    return all;
  });
  return values.toSorted((a, b) => a - b);
}

function isRange(text: string, field: Field): boolean {
  const [, range = "", step] = /^([^/]+)(?:\/([0-9]+))?$/.exec(text) ?? [];
  if (range === "" || (step !== undefined && Number(step) === 0)) return false;
  if (range === "*" || range === "?") return true;
  const ends = range.split("-").map((end) => numberOf(end, field));
  const [first, last = first] = ends;
  return ends.length <= 2 && first !== undefined && last !== undefined && first <= last;
}

/** The number at one end of a range; undefined if it is not a number or out of bounds. */
function numberOf(text: string, { min, max, names = [] }: Field): number | undefined {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return min + named;
  const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

/** When a CronJob runs. */
export const Schedule = z
  .string()
  .superRefine((schedule, context) => {
    const message = scheduleProblem(schedule);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  })
  .meta({ title: "schedule" });

/** A time zone of the IANA database, such as Europe/Berlin. */
export const TimeZone = z
  .string()
  .refine(isTimeZone, { error: "must be a time zone such as Etc/UTC or Europe/Berlin" })
  .meta({ title: "time zone" });
