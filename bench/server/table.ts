import { columns } from "../columns.ts";
import type { Comparison, ServerReport } from "./index.ts";

/** What was measured, as text: one table, each line compared with the first of its kind. */
export function serverTable({ comparisons, overload }: ServerReport): string {
  const head = ["", "requests/s", "ratio", "per CPU second", "ratio", "memory", "half load p50", "p99", "p99/p50"];
  const lines = comparisons.flatMap((comparison) => [[comparison.what], ...rowsOf(comparison)]);
  const statuses = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([status, count]) => `${count} x ${status === "0" ? "no answer" : status}`)
      .join(", ");
  return [
    columns([head, ...lines]),
    "",
    `Overload, sentiment with 32 rows: ${overload.offeredPerSecond.toFixed(0)} requests/s offered, ` +
      `${overload.answeredPerSecond.toFixed(0)} answered with 200 (${overload.goodput.toFixed(2)} of saturation); ` +
      `${statuses(overload.statuses)}. The second after, at half load: ${statuses(overload.after)}.`,
  ].join("\n");
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
        : [`${latency.p50.toFixed(2)} ms`, `${latency.p99.toFixed(2)} ms`, (latency.p99 / latency.p50).toFixed(1)]),
    ];
  });
}
