import { randomSource, shuffled } from "./random.ts";

/** Numbers of the rows to fit and of the held-out rows. */
export interface Split {
  readonly train: number[];
  readonly test: number[];
}

/**
 * Stratified group k-fold: splits the rows `folds` times, with whole groups on one side, and each group held out exactly
 * once. Groups are assigned class by class (a group has the class of its first row), so that the folds have similar class
 * shares. The same rows and seed give the same splits.
 */
export function groupFolds(
  groups: readonly string[],
  classes: ArrayLike<number>,
  folds: number,
  seed: number,
): Split[] {
  const byGroup = new Map<string, number[]>();
  groups.forEach((group, row) => {
    const rows = byGroup.get(group);
    if (rows) rows.push(row);
    else byGroup.set(group, [row]);
  });
  const members = shuffled([...byGroup.values()], randomSource(seed));
  members.sort((a, b) => (classes[a[0] ?? 0] ?? 0) - (classes[b[0] ?? 0] ?? 0));
  const foldOf = new Uint8Array(groups.length);
  members.forEach((rows, position) => {
    for (const row of rows) foldOf[row] = position % folds;
  });
  return Array.from({ length: folds }, (_, fold) => {
    const split: Split = { train: [], test: [] };
    foldOf.forEach((assigned, row) => {
      (assigned === fold ? split.test : split.train).push(row);
    });
    return split;
  });
}
