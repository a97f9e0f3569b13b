import { areCopies, type InputColumn, numberInputs } from "./coincidence.ts";
import { groupFolds, type Split } from "./split.ts";

/** One row in five is held out. */
export const FOLDS = 5;
/** With fewer groups than this, a fifth of them is no sample of the rows. */
const LEAST_GROUPS = 5 * FOLDS;

export interface HeldOut extends Split {
  /** How the rows were divided: each by itself, or with all rows that have the same inputs. */
  readonly by: "row" | "inputs";
  /** Number of rows whose inputs another row has too. */
  readonly repeated: number;
  /** Numbers of the classes that have no held-out row, because they have too few rows. */
  readonly unmeasured: readonly number[];
}

/**
 * Divides the rows of a table into those to fit and a fifth to measure on, stratified by class. Copies of a row stay on one
 * side, so that no held-out row was trained on; see {@link areCopies}. Rows that are equal only by chance are independent
 * cases, as are later requests, and are divided row by row: holding out all that share their inputs would measure the model on
 * inputs that it never saw. The label plays no part in what counts as equal.
 *
 * A class with fewer than five rows is only trained on. At least five rows are needed.
 *
 * @param columns inputs by column and row
 * @param targets class numbers, or all 0 for a regression
 */
export function holdOut(columns: readonly InputColumn[], targets: ArrayLike<number>, seed: number): HeldOut {
  const rows = targets.length;
  const inputs = numberInputs(columns, rows);
  const sizes = new Map<number, number>();
  for (const input of inputs) sizes.set(input, (sizes.get(input) ?? 0) + 1);
  const repeated = inputs.filter((input) => (sizes.get(input) ?? 0) > 1).length;
  const grouped = repeated > 0 && sizes.size >= LEAST_GROUPS && areCopies(columns, inputs);
  const groups = grouped ? Array.from(inputs, String) : Array.from(inputs, (_, row) => String(row));
  const folds = groupFolds(groups, targets, FOLDS, seed);
  // Groups differ in size: takes the fold that is nearest to a fifth of the rows.
  const distance = ({ test }: Split) => Math.abs(test.length - rows / FOLDS);
  const chosen = grouped ? folds.reduce((best, fold) => (distance(fold) < distance(best) ? fold : best)) : folds[0];
  const { train, test } = trainOnRareClasses(chosen ?? { train: [], test: [] }, targets);
  const measured = new Set(test.map((row) => targets[row]));
  const unmeasured = [...new Set(Array.from(targets))].filter((target) => !measured.has(target)).sort((a, b) => a - b);
  return { train, test, by: grouped ? "inputs" : "row", repeated, unmeasured };
}

/** Moves rows of classes with fewer than five rows, and of classes without a row to fit, from the held-out rows to the others. */
function trainOnRareClasses({ train, test }: Split, targets: ArrayLike<number>): Split {
  const counts = new Map<number | undefined, number>();
  for (const row of [...train, ...test]) counts.set(targets[row], (counts.get(targets[row]) ?? 0) + 1);
  const fitted = new Set(train.map((row) => targets[row]));
  const isRare = (row: number) => (counts.get(targets[row]) ?? 0) < FOLDS || !fitted.has(targets[row]);
  const moved = test.filter(isRare);
  if (moved.length === 0) return { train, test };
  return { train: [...train, ...moved].sort((a, b) => a - b), test: test.filter((row) => !isRare(row)) };
}
