import { columns } from "../columns.ts";
import type { Comparison, ServerReport } from "./index.ts";
import type { Overload } from "./measure.ts";

/** What was measured, as text: one table, each line compared with the first of its kind. */
export function serverTable({ comparisons, overload, startup }: ServerReport): string {
  const head = ["", "requests/s", "ratio", "per CPU second", "ratio", "memory", "half load p50", "p99", "p99/p50"];
  const lines = comparisons.flatMap((comparison) => [[comparison.what], ...rowsOf(comparison)]);
  const [first] = startup;
  const starts = startup.map(({ server, seconds }) => [
    server,
    `${seconds.toFixed(2)} s`,
    (seconds / (first?.seconds ?? seconds)).toFixed(2),
  ]);
  return [
    columns([head, ...lines]),
    "",
    columns(overloadRows(overload)),
    "",
    columns([["start to first answer", "took", "ratio"], ...starts]),
  ].join("\n");
}

function overloadRows({ model, rows, servers }: ServerReport["overload"]): string[][] {
  const share = (part: number) => `${(100 * part).toFixed(1)} %`;
  const line = (what: string, word: (of: Overload) => string) => [what, ...servers.map(word)];
  return [
    line(`four times the load (${model}, ${rows} rows)`, ({ server }) => server),
    line("offered, requests/s", ({ offeredPerSecond }) => offeredPerSecond.toFixed(0)),
    line("answered with 2xx, requests/s", ({ answeredPerSecond }) => answeredPerSecond.toFixed(0)),
    line("of saturation, by the clock", ({ goodput }) => goodput.toFixed(2)),
    line("of saturation, per CPU second", ({ goodputPerCpu }) => goodputPerCpu.toFixed(2)),
    line("refused", ({ refusedShare }) => share(refusedShare)),
    line("a refusal takes, p50", ({ refusalP50 }) => `${refusalP50.toFixed(1)} ms`),
    line("a refusal takes, p99", ({ refusalP99 }) => `${refusalP99.toFixed(1)} ms`),
    line("answered at half load the second after", ({ after }) => share(after)),
  ];
}

function rowsOf({ throughput, halfLoad }: Comparison): string[][] {
  const [first] = throughput;
  return throughput.map((each, index) => {
    const latency = halfLoad?.[index];
    return [
      `  ${each.server}`,
      each.requestsPerSecond.toFixed(0),
      (each.requestsPerSecond / (first?.requestsPerSecond ?? 1)).toFixed(2),
      each.requestsPerCpuSecond.toFixed(0),
      (each.requestsPerCpuSecond / (first?.requestsPerCpuSecond ?? 1)).toFixed(2),
      `${each.residentMiB.toFixed(0)} MiB`,
      ...(latency === undefined
        ? []
        : [
            `${latency.p50.toFixed(2)} ms`,
            `${latency.p99.toFixed(2)} ms`,
            (latency.p99 / latency.p50).toFixed(1),
            ...(latency.refusedShare > 0 ? [`${(100 * latency.refusedShare).toFixed(1)} % refused`] : []),
          ]),
    ];
  });
}
