import type { Outcome } from "./client.ts";
import type { LoadTestSettings } from "./settings.ts";

/** Result of a load test. */
export interface Report {
  readonly requests: number;
  readonly succeeded: number;
  /** Share of successful responses (2xx), 0–1. */
  readonly successRate: number;
  /** Percentiles of the latency in milliseconds, over all requests. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number };
  /** Successful responses by model version; `unknown` if the response has no version. */
  readonly versions: Readonly<Record<string, number>>;
  /** Requests by status, or by error if there was no response. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** Summarizes the outcomes of all requests. */
export function report(outcomes: readonly Outcome[]): Report {
  const good = outcomes.filter(({ status }) => typeof status === "number" && status >= 200 && status < 300);
  const latencies = outcomes.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  return {
    requests: outcomes.length,
    succeeded: good.length,
    successRate: good.length / outcomes.length,
    latency: {
      p50: percentile(latencies, 50),
      p95: percentile(latencies, 95),
      p99: percentile(latencies, 99),
      max: percentile(latencies, 100),
    },
    versions: count(good.map(({ version }) => version ?? "unknown")),
    statuses: count(outcomes.map(({ status }) => String(status))),
  };
}

/**
 * The smallest value that at least the given percent of the values do not exceed (nearest rank).
 *
 * @param sorted values in ascending order, at least one
 */
export function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** Reasons why the test fails: one line for each limit that is exceeded. */
export function failures(
  { successRate, latency }: Report,
  { minSuccess, maxP95Milliseconds }: Pick<LoadTestSettings, "minSuccess" | "maxP95Milliseconds">,
): string[] {
  return [
    ...(successRate < minSuccess ? [`success rate ${percent(successRate)} is below ${percent(minSuccess)}`] : []),
    ...(maxP95Milliseconds !== undefined && latency.p95 > maxP95Milliseconds
      ? [`95th percentile ${latency.p95.toFixed(1)} ms is above ${maxP95Milliseconds} ms`]
      : []),
  ];
}

/** The report as readable lines. */
export function describe(found: Report): string {
  const { latency } = found;
  const shares = Object.entries(found.versions).map(
    ([version, answers]) => `version ${version}: ${answers} (${percent(answers / found.succeeded)})`,
  );
  const time = (milliseconds: number) => `${milliseconds.toFixed(1)} ms`;
  return [
    `${found.succeeded} of ${found.requests} requests succeeded (${percent(found.successRate)})`,
    `latency: p50 ${time(latency.p50)}, p95 ${time(latency.p95)}, p99 ${time(latency.p99)}, max ${time(latency.max)}`,
    `responses: ${shares.length === 0 ? "none" : shares.join(", ")}`,
    `statuses: ${Object.entries(found.statuses)
      .map(([status, requests]) => `${status}: ${requests}`)
      .join(", ")}`,
  ].join("\n");
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function count(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
