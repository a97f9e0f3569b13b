import type { Read, VersionCounts } from "../decide/read.ts";
import { type Baseline, type Increase, increaseOf } from "./counters.ts";
import { PrometheusError, type Series } from "./matrix.ts";
import type { QuerySeries } from "./prometheus.ts";
import { rangeQuery, type VersionQueries } from "./queries.ts";

/** Samples older than this are no evidence of the present; seconds. */
const STALE_SECONDS = 120;

/** How far a first read looks back; seconds. */
const FIRST_WINDOW = 120;

/** What a read starts from. Plain data, for the record beside the decision. */
export interface Position {
  /** Time of the last read with counts; milliseconds since 1970. Undefined before the first. */
  readonly at: number | undefined;
  readonly baselines: Readonly<Record<string, Baseline>>;
}

export const NOWHERE: Position = { at: undefined, baselines: {} };

/** Counts of all versions since the last read, or why there are none. */
export type Observation = Pick<Read, "at" | "seconds" | "counts" | "missing">;

/** Reads the increases of all versions' counters. It never throws for missing evidence: that is a read without counts. */
export type Evidence = (at: number, position: Position) => Promise<{ observation: Observation; position: Position }>;

/**
 * Evidence from Prometheus. A read without counts leaves the position where it is, so that the next one covers its time.
 *
 * @param versions queries by version
 */
export function prometheusEvidence(versions: Readonly<Record<string, VersionQueries>>, query: QuerySeries): Evidence {
  return async (at, position) => {
    const window = position.at === undefined ? FIRST_WINDOW : (at - position.at) / 1000 + FIRST_WINDOW;
    const answers: Record<string, Series[]> = {};
    try {
      for (const text of queriesOf(versions)) answers[text] = await query(rangeQuery(text, window), at);
    } catch (error) {
      if (!(error instanceof PrometheusError)) throw error;
      return { observation: { at, seconds: 0, missing: error.message }, position };
    }
    return observe(versions, answers, at, position);
  };
}

function queriesOf(versions: Readonly<Record<string, VersionQueries>>): string[] {
  const all = Object.values(versions).flatMap(({ requests, goals }) => [
    requests,
    ...goals.flatMap(({ bad, total }) => [bad, total]),
  ]);
  return [...new Set(all)];
}

/** Counts from the answers to all queries; pure. */
export function observe(
  versions: Readonly<Record<string, VersionQueries>>,
  answers: Readonly<Record<string, readonly Series[]>>,
  at: number,
  position: Position,
): { observation: Observation; position: Position } {
  const increases: Record<string, Increase> = {};
  for (const text of queriesOf(versions))
    increases[text] = increaseOf(answers[text] ?? [], position.baselines[text] ?? {});
  const without = (missing: string) => ({ observation: { at, seconds: 0, missing }, position });
  for (const [version, { requests }] of Object.entries(versions)) {
    if ((answers[requests] ?? []).length === 0)
      return without(`Prometheus has no counters of version ${version} (${requests})`);
    const newest = increases[requests]?.newest;
    const age = newest === undefined ? undefined : at / 1000 - newest;
    if (age === undefined) return without(`Prometheus has no new sample of version ${version}`);
    if (age > STALE_SECONDS) return without(`the newest counters of version ${version} are ${Math.round(age)} s old`);
  }
  const next = {
    at,
    baselines: Object.fromEntries(Object.entries(increases).map(([text, { baseline }]) => [text, baseline])),
  };
  if (position.at === undefined) {
    return { observation: { at, seconds: 0, missing: "the first read is only a baseline" }, position: next };
  }
  const counts = Object.fromEntries(
    Object.entries(versions).map(([version, queries]) => [version, countsOf(queries, increases)]),
  );
  return { observation: { at, seconds: (at - position.at) / 1000, counts }, position: next };
}

function countsOf(
  { requests, perPod, goals }: VersionQueries,
  increases: Readonly<Record<string, Increase>>,
): VersionCounts {
  const increase = (text: string) => increases[text]?.value ?? 0;
  const texts = [requests, ...goals.flatMap(({ bad, total }) => [bad, total])];
  return {
    requests: increase(requests),
    // Counters of one scrape can be a request apart.
    goals: goals.map(({ bad, total }) => ({ bad: Math.min(increase(bad), increase(total)), total: increase(total) })),
    pods: perPod ? Math.max(1, increases[requests]?.pods ?? 1) : 1,
    reset: texts.some((text) => increases[text]?.reset === true),
  };
}
