import { createHash } from "node:crypto";
import { UserError } from "../../registry/index.ts";
import { randomSource } from "../learn/random.ts";
import { readTable, requireField } from "./table.ts";

/** Values at equal time steps, oldest first. */
export interface Series {
  readonly values: Float32Array;
  readonly sha256: string;
}

/**
 * Generates a series: a level of 100, a rising trend, a season of `season` steps with a second harmonic, and Gaussian noise.
 * The same arguments give the same series on every machine.
 */
export function generateSeries(length: number, season: number, seed: number): Series {
  const random = randomSource(seed);
  const values = Float32Array.from({ length }, (_, step) => {
    const phase = (2 * Math.PI * step) / season;
    return 100 + 0.02 * step + 10 * Math.sin(phase) + 4 * Math.cos(2 * phase) + 2 * normal(random);
  });
  return { values, sha256: createHash("sha256").update(new Uint8Array(values.buffer)).digest("hex") };
}

/** Reads the column `value` of a CSV or JSONL file, oldest row first. */
export async function readSeries(file: string): Promise<Series> {
  const table = await readTable(file, ["value"]);
  const values = Float32Array.from(table.rows, (row) => {
    const field = requireField(file, row, "value");
    const value = Math.fround(Number(field));
    if (Number.isFinite(value)) return value;
    throw new UserError(`${file}, line ${row.line}, column value: "${field}" is not a number`);
  });
  return { values, sha256: table.sha256 };
}

/** A random number with standard normal distribution (Box & Muller, Annals of Mathematical Statistics 29, 1958). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
