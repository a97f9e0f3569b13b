import { columns } from "./columns.ts";

/** A measured time and its bound. */
export interface Measurement {
  readonly name: string;
  readonly seconds: number;
  /** Seconds. */
  readonly bound: number;
}

/** The measurements as a table, with the share of its bound that each took. */
export function table(measurements: readonly Measurement[]): string {
  const rows = measurements.map(({ name, seconds, bound }) => [
    name,
    `${seconds.toFixed(1)} s`,
    `${bound} s`,
    (seconds / bound).toFixed(2),
  ]);
  return columns([["what", "took", "bound", "ratio"], ...rows]);
}
