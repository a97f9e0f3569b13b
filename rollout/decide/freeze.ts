/** Days as a freeze window names them. */
export const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

export type Weekday = (typeof WEEKDAYS)[number];

/** Time of the week in which a rollout does not advance. */
export interface FreezeWindow {
  /** Days on which the window begins. */
  readonly days: readonly Weekday[];
  /** Local time at which it begins, such as `22:00`. */
  readonly from: string;
  /** Local time at which it ends; not after `from`: on the next day. */
  readonly to: string;
  /** IANA name, such as `Europe/Berlin`. */
  readonly timeZone: string;
}

/**
 * The window that a point in time is in, by the clock of the window's own time zone; an hour that a change to summer time skips
 * or repeats counts as the clock shows it.
 *
 * @param at milliseconds since 1970
 */
export function freezeAt(windows: readonly FreezeWindow[], at: number): FreezeWindow | undefined {
  return windows.find((window) => contains(window, at));
}

function contains({ days, from, to, timeZone }: FreezeWindow, at: number): boolean {
  const { day, minutes } = localTime(at, timeZone);
  const [begin, end] = [minutesOf(from), minutesOf(to)];
  const today = WEEKDAYS[day];
  const yesterday = WEEKDAYS[(day + 6) % 7];
  const begins = (weekday: Weekday | undefined) => weekday !== undefined && days.includes(weekday);
  if (begin < end) return begins(today) && minutes >= begin && minutes < end;
  return (begins(today) && minutes >= begin) || (begins(yesterday) && minutes < end);
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function localTime(at: number, timeZone: string): { day: number; minutes: number } {
  let format = formats.get(timeZone);
  if (format === undefined) {
    const options = { timeZone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
    format = new Intl.DateTimeFormat("en-US", options);
    formats.set(timeZone, format);
  }
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    day: (WEEKDAYS as readonly string[]).indexOf(parts.get("weekday") ?? ""),
    minutes: Number(parts.get("hour")) * 60 + Number(parts.get("minute")),
  };
}

/** A window in words, such as `Fri, Sat 18:00–08:00 Europe/Berlin`. */
export function freezeText({ days, from, to, timeZone }: FreezeWindow): string {
  return `${days.join(", ")} ${from}–${to} ${timeZone}`;
}
