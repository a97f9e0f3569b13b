import type { ResolvedStack } from "../../config/index.ts";
import type { Plan } from "../decide/plan.ts";
import { increaseOf } from "../evidence/counters.ts";
import type { QuerySeries } from "../evidence/prometheus.ts";
import { gatewayQueries, rangeQuery, serverQueries, type VersionQueries } from "../evidence/queries.ts";
import type { History } from "../stack-plan.ts";
import type { LiveVersion } from "./versions.ts";

type Model = ResolvedStack["models"][number];

/** Seconds of the past that a rollout begins with. */
const HISTORY_SECONDS = 300;

/** The queries for a version's counters, as the model's rollout says whose they are. */
export function versionQueries(
  { namespace }: ResolvedStack,
  model: Model,
  version: string,
  live: Pick<LiveVersion, "service"> | undefined,
): VersionQueries {
  const goals = model.rollout?.goals ?? [];
  const place = { namespace: namespace.name, model: model.model, version };
  if (model.rollout?.evidence !== "gateway") return serverQueries(place, goals);
  const port = model.versions.find((each) => each.version === version)?.service.port ?? 80;
  return gatewayQueries({ ...place, service: live?.service ?? version, port }, goals);
}

/** What the versions did in the last five minutes: the traffic, and the stable version's counts. */
export async function recentHistory(
  stable: VersionQueries,
  canary: VersionQueries,
  query: QuerySeries,
  at: number,
): Promise<History> {
  const increase = async (text: string) => {
    const series = await query(rangeQuery(text, HISTORY_SECONDS), at);
    const first = series.map(({ labels, samples }) => ({ labels, samples: samples.slice(0, 1) }));
    return increaseOf(series, increaseOf(first, {}).baseline).value ?? 0;
  };
  const requests = (await increase(stable.requests)) + (await increase(canary.requests));
  const counts: { bad: number; total: number }[] = [];
  for (const { bad, total } of stable.goals) {
    const all = await increase(total);
    counts.push({ bad: Math.min(all, await increase(bad)), total: all });
  }
  return { requestsPerSecond: requests / HISTORY_SECONDS, counts: counts satisfies Plan["history"] };
}
