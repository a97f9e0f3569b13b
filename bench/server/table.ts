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

function overloadRows(overload: Overload): string[][] {
  const share = (part: number) => `${(100 * part).toFixed(1)} %`;
  return [
    [`four times the load (${overload.model}, ${overload.rows} rows)`, ""],
    ["offered", `${overload.offeredPerSecond.toFixed(0)} requests/s`],
    ["answered with 2xx", `${overload.answeredPerSecond.toFixed(0)} requests/s`],
    ["of saturation, by the clock", overload.goodput.toFixed(2)],
    ["of saturation, per CPU second", overload.goodputPerCpu.toFixed(2)],
    ["refused", share(overload.refusedShare)],
    ["a refusal takes (p50, p99)", `${overload.refusalP50.toFixed(1)} ms, ${overload.refusalP99.toFixed(1)} ms`],
    ["answered at half load the second after", share(overload.after)],
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
