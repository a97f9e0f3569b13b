import { columns } from "../columns.ts";
import type { Comparison, ServerReport } from "./index.ts";
import type { Overload } from "./measure.ts";

/** The results as tables; each line is compared with the first of its kind. */
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
  const line = (what: string, format: (of: Overload) => string) => [what, ...servers.map(format)];
  return [
    line(`four times the load (${model}, ${rows} rows)`, ({ server }) => server),
    line("offered, requests/s", ({ offeredPerSecond }) => offeredPerSecond.toFixed(0)),
    line("answered with 2xx, requests/s", ({ answeredPerSecond }) => answeredPerSecond.toFixed(0)),
    line("of saturation, by the clock", ({ goodput }) => goodput.toFixed(2)),
    line("of saturation, per CPU second", ({ goodputPerCpu }) => goodputPerCpu.toFixed(2)),
    line("rejected", ({ rejectedShare }) => share(rejectedShare)),
    line("time to reject, p50", ({ rejectionP50 }) => `${rejectionP50.toFixed(1)} ms`),
    line("time to reject, p99", ({ rejectionP99 }) => `${rejectionP99.toFixed(1)} ms`),
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
            ...(latency.rejectedShare > 0 ? [`${(100 * latency.rejectedShare).toFixed(1)} % rejected`] : []),
          ]),
    ];
  });
}
