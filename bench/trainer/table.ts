import { columns } from "../columns.ts";
import type { Comparison } from "./index.ts";

const HEAD = [
  "trainer : scikit-learn",
  "score",
  "fit",
  "ratio",
  "cpu ratio",
  "first fit ratio",
  "memory",
  "ratio",
  "model",
  "predict a row",
  "ratio",
];

/** Formats the comparisons as a table: the trainer's figure, scikit-learn's, and their ratio (below 1: the trainer needs less). */
export function comparisonTable(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map(({ name, score, ours, theirs }) => [
    name,
    score === "accuracy" ? `${percent(ours.score)} : ${percent(theirs.score)}` : both(ours.score, theirs.score, ""),
    both(ours.fitSeconds * 1000, theirs.fitSeconds * 1000, " ms"),
    ratio(ours.fitSeconds, theirs.fitSeconds),
    ratio(ours.fitCpuSeconds, theirs.fitCpuSeconds),
    ratio(ours.firstFitSeconds, theirs.firstFitSeconds),
    both(ours.peakMegabytes, theirs.peakMegabytes, " MB"),
    ratio(ours.peakMegabytes, theirs.peakMegabytes),
    both(ours.modelKilobytes, theirs.modelKilobytes, " kB"),
    both(ours.predictMicroseconds, theirs.predictMicroseconds, " µs"),
    ratio(ours.predictMicroseconds, theirs.predictMicroseconds),
  ]);
  return columns([HEAD, ...rows]);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function both(ours: number, theirs: number, unit: string): string {
  return `${short(ours)} : ${short(theirs)}${unit}`;
}

function ratio(ours: number, theirs: number): string {
  return (ours / theirs).toFixed(2);
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
