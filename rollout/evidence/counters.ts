import type { Series } from "./matrix.ts";

/** Where each counter stood at the last read, by its labels. Plain data: it can be written as JSON. */
export type Baseline = Readonly<Record<string, { readonly time: number; readonly value: number }>>;

/** What a set of counters did since the last read. */
export interface Increase {
  /** Undefined: there is no series at all, or no new sample. */
  readonly value: number | undefined;
  /** Whether one of them started again. */
  readonly reset: boolean;
  /** Pods that the new samples are from. */
  readonly pods: number;
  /** Time of the newest sample; seconds since 1970. */
  readonly newest: number | undefined;
  readonly baseline: Baseline;
}

/**
 * Adds up the increases of all series, each by itself. After a reset the increase is the new value.
 *
 * A series that is new (the first failure of a pod, a new status code) counts from zero if its pod was known before. The first
 * sight of a pod, and the first read of all, are only a baseline: its counts may be from long before.
 * A series that is gone for a while goes on from where it stood.
 */
export function increaseOf(series: readonly Series[], baseline: Baseline): Increase {
  const known = new Set(Object.keys(baseline).map((key) => instanceOf(JSON.parse(key))));
  const next: Record<string, { time: number; value: number }> = { ...baseline };
  const pods = new Set<string>();
  let value: number | undefined;
  let reset = false;
  let newest: number | undefined;
  for (const { labels, samples } of series) {
    const key = keyOf(labels);
    const before = baseline[key];
    const fresh = samples.filter(([time]) => time > (before?.time ?? Number.NEGATIVE_INFINITY));
    const last = fresh.at(-1);
    if (last === undefined) continue;
    pods.add(instanceOf(labels));
    newest = Math.max(newest ?? last[0], last[0]);
    next[key] = { time: last[0], value: last[1] };
    if (before === undefined && !known.has(instanceOf(labels))) {
      value ??= 0;
      continue;
    }
    const walked = walk(fresh, before?.value ?? 0);
    value = (value ?? 0) + walked.increase;
    reset ||= walked.reset;
  }
  return { value, reset, pods: pods.size, newest, baseline: next };
}

function walk(samples: Series["samples"], from: number): { increase: number; reset: boolean } {
  let [increase, reset, before] = [0, false, from];
  for (const [, value] of samples) {
    if (value < before) reset = true;
    increase += value < before ? value : value - before;
    before = value;
  }
  return { increase, reset };
}

function keyOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** What a process is scraped as: its pod, or its address. */
function instanceOf(labels: unknown): string {
  const { pod, instance } = labels as Readonly<Record<string, string | undefined>>;
  return pod ?? instance ?? "";
}
