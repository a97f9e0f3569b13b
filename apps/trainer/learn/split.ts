import { randomSource, shuffled } from "./random.ts";

/** Row numbers of the rows to fit and the rows to measure on. */
export interface Split {
  readonly train: number[];
  readonly test: number[];
}

/**
 * Deals whole groups out to `folds` splits, so that no group is on both sides of one; each group is in exactly one
 * test side. Groups are dealt class by class (a group's class is that of its first row), which keeps the classes'
 * shares alike. Seeded: the same rows and seed give the same splits.
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
