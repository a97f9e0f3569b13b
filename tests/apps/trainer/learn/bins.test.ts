import { expect } from "chai";
import { randomSource } from "../../../../apps/trainer/learn/random.ts";
import { binColumns } from "../../../../apps/trainer/learn/trees/bins.ts";
import { trainTree } from "../../../../apps/trainer/learn/trees/forest.ts";
import { leafOf, type Tree } from "../../../../apps/trainer/learn/trees/tree.ts";

const ROWS = 4000;
const options = { maxDepth: 0, minLeafRows: 1, columnsPerSplit: 1 };

/** Columns that quantiles divide badly. */
function columns(): Record<string, Float32Array> {
  const random = randomSource(11);
  const made = (value: (row: number) => number) => Float32Array.from({ length: ROWS }, (_, row) => value(row));
  return {
    "257 repeated values": made((row) => row % 257),
    "1,300 repeated values": made((row) => (row * 7) % 1300),
    "nine tenths zero": made((row) => (random() < 0.9 ? 0 : row)),
    "nine tenths in the middle": made((row) => (random() < 0.9 ? 1000 : (row % 2 === 0 ? -1 : 1) * row)),
    "a long tail": made(() => 1 / (random() + 1e-6) ** 2),
    "logarithms over 60 decades": made(() => 10 ** (60 * random() - 30)),
    "zeros of both signs": made((row) => (row % 3 === 0 ? -0 : row % 3 === 1 ? 0 : row)),
    "adjacent floats": made((row) => 16_777_216 + 2 * (row % 600)),
    "all different": made(() => random()),
    "rounded dollars": made(() => Math.round(326 * Math.exp(4 * random() ** 2))),
  };
}

/** Squared error of a tree on the rows that it was grown from. */
function errorOf(tree: Tree, column: Float32Array, targets: Float64Array, rows: readonly number[]): number {
  return rows.reduce((sum, row) => sum + ((tree.values[leafOf(tree, column, row)] ?? 0) - (targets[row] ?? 0)) ** 2, 0);
}

/** The rows that a tree samples, for the seed 0 and the tree 0. */
function sampled(): number[] {
  const random = randomSource((Math.imul(1, 0x9e3779b1) ^ Math.imul(1, 0x85ebca6b)) >>> 0);
  return Array.from({ length: ROWS }, () => Math.floor(random() * ROWS));
}

/** The least squared error of one cut of the sampled rows, by trying all. */
function exactStump(column: Float32Array, targets: Float64Array, rows: readonly number[]): number {
  const sorted = rows.toSorted((a, b) => (column[a] ?? 0) - (column[b] ?? 0));
  const total = rows.reduce((sum, row) => sum + (targets[row] ?? 0), 0);
  const squares = rows.reduce((sum, row) => sum + (targets[row] ?? 0) ** 2, 0);
  let left = 0;
  let least = squares - total ** 2 / rows.length;
  for (let i = 1; i < sorted.length; i++) {
    left += targets[sorted[i - 1] ?? 0] ?? 0;
    if (column[sorted[i - 1] ?? 0] === column[sorted[i] ?? 0]) continue;
    least = Math.min(least, squares - left ** 2 / i - (total - left) ** 2 / (sorted.length - i));
  }
  return least;
}

describe("bins of a forest", () => {
  for (const [name, column] of Object.entries(columns())) {
    it(`separate all different values of a column: ${name}`, () => {
      const binned = binColumns(column, 1);
      const different = new Set(Array.from(column, (value) => value + 0));
      expect(binned.cuts[0]?.length).to.equal(different.size - 1);
      const codes = new Map<number, number>();
      for (const [row, value] of column.entries()) {
        const code = binned.codes[row] ?? -1;
        expect(codes.get(value + 0) ?? code).to.equal(code);
        codes.set(value + 0, code);
      }
      const ascending = [...codes].sort(([a], [b]) => a - b).map(([, code]) => code);
      expect(ascending.every((code, i) => i === 0 || code > (ascending[i - 1] ?? 0))).to.equal(true);
    });

    it(`let a tree fit a target by value exactly: ${name}`, () => {
      const random = randomSource(5);
      const byValue = new Map<number, number>();
      const targets = Float64Array.from(column, (value) => {
        const target = byValue.get(value + 0) ?? random();
        byValue.set(value + 0, target);
        return target;
      });
      const tree = trainTree({ columns: binColumns(column, 1), targets, classes: 0 }, options, 0, 0);
      // Without a limit of depth, all sampled rows of one value, and no others, end in one leaf.
      expect(errorOf(tree, column, targets, sampled()) / ROWS).to.be.below(1e-10);
    });

    it(`let the first split come close to the best of all cuts: ${name}`, () => {
      const sorted = Float32Array.from(new Set(column)).sort();
      for (const share of [0.02, 0.3, 0.5, 0.97]) {
        const edge = sorted[Math.floor(share * sorted.length)] ?? 0;
        const random = randomSource(7);
        const targets = Float64Array.from(column, (value) => (value < edge ? 0 : 1) + 0.3 * random());
        const data = { columns: binColumns(column, 1), targets, classes: 0 };
        const tree = trainTree(data, { ...options, maxDepth: 1 }, 0, 0);
        const rows = sampled();
        const spread = exactStump(column, targets, rows) / ROWS;
        expect(errorOf(tree, column, targets, rows) / ROWS, String(share)).to.be.at.most(spread + 0.005);
      }
    });
  }

  it("leave a constant column, and a table without columns, without a cut", () => {
    const constant = binColumns(new Float32Array(500).fill(3), 1);
    expect(constant.cuts[0]?.length).to.equal(0);
    const data = { columns: constant, targets: Float64Array.from({ length: 500 }, (_, row) => row), classes: 0 };
    expect(trainTree(data, options, 0, 0).columns.length).to.equal(1);
    expect(binColumns(new Float32Array(), 0)).to.include({ rows: 0, width: 0 });
  });

  it("separate frequent values among more than 65,536 others", () => {
    // One value in a hundred rows is 0.5 exactly, just beside others.
    const column = Float32Array.from({ length: 200_000 }, (_, row) => (row % 100 === 0 ? 0.5 : row / 200_000));
    const { cuts, codes, binCodes } = binColumns(column, 1);
    expect(binCodes[0]?.length).to.be.within(32_768, 65_536);
    expect(cuts[0]?.length).to.equal((binCodes[0]?.length ?? 0) - 1);
    const half = codes[0];
    const others = column.filter((value, row) => codes[row] === half && value !== 0.5);
    expect(others.length).to.equal(0);
    const ascending = [...column.keys()].toSorted((a, b) => (column[a] ?? 0) - (column[b] ?? 0));
    for (const [i, row] of ascending.entries())
      if (i > 0 && (codes[row] ?? 0) < (codes[ascending[i - 1] ?? 0] ?? 0)) expect.fail(`row ${row} is out of order`);
  });

  it("classify by the same cuts as they regress", () => {
    const column = Float32Array.from({ length: ROWS }, (_, row) => row % 700);
    const targets = Float64Array.from(column, (value) => Math.floor(value / 7) % 3);
    const tree = trainTree({ columns: binColumns(column, 1), targets, classes: 3 }, options, 0, 0);
    for (const row of sampled())
      expect(tree.values[3 * leafOf(tree, column, row) + (targets[row] ?? 0)], String(column[row])).to.equal(1);
  });
});
