import { randomSource, shuffled } from "./random.ts";

/** Rows whose inputs are equal are copies if fewer of them than this share would be equal by chance. */
const CHANCE_SHARE = 0.1;
/** Rows from which the dependence of columns is estimated. */
const SAMPLE = 1000;
/** Fewer equal pairs than this say nothing about the dependence of two columns. */
const LEAST_PAIRS = 10;

/** One value per row; equal values are equal numbers or texts, and a missing number (NaN) equals another. */
export type InputColumn = Float32Array | readonly string[];

/**
 * Numbers the rows by their inputs: rows with equal inputs have the same number.
 *
 * @param columns values by column and row
 */
export function numberInputs(columns: readonly InputColumn[], rows: number): Uint32Array {
  const numbers = new Uint32Array(rows);
  for (const column of columns) {
    const known = new Map<string, number>();
    for (let row = 0; row < rows; row++) {
      const key = `${numbers[row]} ${column[row]}`;
      const number = known.get(key) ?? known.size;
      known.set(key, number);
      numbers[row] = number;
    }
  }
  return numbers;
}

/**
 * Whether rows with equal inputs are copies of one another (a row that was exported twice, a class that was oversampled), and
 * not different cases that happen to have the same inputs, as in a table of a few words or whole numbers.
 *
 * The number of equal pairs is compared with the number expected by chance: the share of equal pairs in each column, multiplied
 * over the columns. A column that depends on an earlier one counts with its share among different rows that are equal in
 * that one. Labels play no part, so that the decision cannot bias what is measured.
 *
 * @param inputs the rows' numbers, from {@link numberInputs}
 */
export function areCopies(columns: readonly InputColumn[], inputs: Uint32Array): boolean {
  const rows = inputs.length;
  const observed = equalPairs(inputs);
  if (observed === 0) return false;
  const pairs = (rows * (rows - 1)) / 2;
  const first = new Map([...inputs.entries()].reverse().map(([row, input]) => [input, row]));
  const different = shuffled([...first.values()], randomSource(1)).slice(0, SAMPLE);
  // The columns with the fewest equal values first: after a few of them, little is left to chance.
  const ordered = columns
    .map((column) => ({ column, share: equalPairs(column) / pairs }))
    .sort((a, b) => a.share - b.share);
  let expected = pairs;
  for (const [k, { column, share }] of ordered.entries()) {
    const given = ordered.slice(0, k).map((earlier) => equalGiven(column, earlier.column, different));
    expected *= Math.max(share, ...given);
    if (expected < observed * CHANCE_SHARE) return true;
  }
  return false;
}

/** Share of the pairs of rows that are equal in `column`, among those that are equal in `given`; 0 if there are too few. */
function equalGiven(column: InputColumn, given: InputColumn, rows: readonly number[]): number {
  const both = equalPairs(rows.map((row) => `${column[row]} ${given[row]}`));
  const of = equalPairs(rows.map((row) => given[row] ?? ""));
  return of < LEAST_PAIRS ? 0 : both / of;
}

function equalPairs(values: Iterable<string | number>): number {
  const counts = new Map<string | number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let pairs = 0;
  for (const count of counts.values()) pairs += (count * (count - 1)) / 2;
  return pairs;
}
