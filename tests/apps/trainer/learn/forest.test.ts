import { expect } from "chai";
import { randomSource } from "../../../../apps/trainer/learn/random.ts";
import { binColumns } from "../../../../apps/trainer/learn/trees/bins.ts";
import { predictForest, trainTree } from "../../../../apps/trainer/learn/trees/forest.ts";
import { leafOf } from "../../../../apps/trainer/learn/trees/tree.ts";

const WIDTH = 3;
const options = { maxDepth: 0, minLeafRows: 1, columnsPerSplit: WIDTH };

function cloud(rows: number, seed: number): Float32Array {
  const random = randomSource(seed);
  return Float32Array.from({ length: rows * WIDTH }, () => random() * 10);
}

describe("random forest", () => {
  it("learns a step function of one column, with the threshold between the values", () => {
    const features = Float32Array.of(1, 9, 5, 2, 9, 5, 3, 9, 5, 8, 9, 5, 9, 9, 5, 10, 9, 5);
    const data = { columns: binColumns(features, WIDTH), targets: Float64Array.of(0, 0, 0, 7, 7, 7), classes: 0 };
    for (let index = 0; index < 20; index++) {
      const tree = trainTree(data, options, 42, index);
      // A bootstrap sample may contain rows from one side only, which leaves nothing to split.
      if (tree.columns.length === 1) continue;
      expect([...tree.columns]).to.deep.equal([0, -1, -1]);
      expect(tree.thresholds[0]).to.be.within(1, 10);
      expect([...tree.values.slice(1)]).to.deep.equal([0, 7]);
    }
  });

  it("finds the same split as exhaustive search", () => {
    const features = cloud(60, 1);
    const targets = Float64Array.from({ length: 60 }, (_, row) => Math.sin(features[row * WIDTH + 1] ?? 0) * 5);
    const tree = trainTree(
      { columns: binColumns(features, WIDTH), targets, classes: 0 },
      { ...options, maxDepth: 1 },
      3,
      0,
    );
    // On the same bootstrap sample, no other cut of any column has a smaller squared error.
    const random = randomSource((Math.imul(4, 0x9e3779b1) ^ Math.imul(1, 0x85ebca6b)) >>> 0);
    const drawn = Array.from({ length: 60 }, () => Math.floor(random() * 60));
    const error = (side: readonly number[]) => {
      const mean = side.reduce((sum, row) => sum + (targets[row] ?? 0), 0) / side.length;
      return side.reduce((sum, row) => sum + ((targets[row] ?? 0) - mean) ** 2, 0);
    };
    const reached = (goesLeft: (row: number) => boolean) => {
      const sides = [drawn.filter(goesLeft), drawn.filter((row) => !goesLeft(row))];
      return sides.some((side) => side.length === 0)
        ? Number.POSITIVE_INFINITY
        : error(sides[0] ?? []) + error(sides[1] ?? []);
    };
    let least = Number.POSITIVE_INFINITY;
    for (let column = 0; column < WIDTH; column++) {
      for (const cut of drawn)
        least = Math.min(
          least,
          reached((row) => (features[row * WIDTH + column] ?? 0) <= (features[cut * WIDTH + column] ?? 0)),
        );
    }
    expect(reached((row) => leafOf(tree, features, row * WIDTH) === tree.left[0])).to.be.closeTo(least, 1e-9);
  });

  it("predicts class shares that add up to 1", () => {
    const features = cloud(400, 2);
    const classOf = (row: number) => Math.min(2, Math.floor((features[row * WIDTH] ?? 0) / 3.4));
    const targets = Float64Array.from({ length: 400 }, (_, row) => classOf(row));
    const data = { columns: binColumns(features, WIDTH), targets, classes: 3 };
    const trees = Array.from({ length: 15 }, (_, index) =>
      trainTree(data, { ...options, columnsPerSplit: 2 }, 1, index),
    );
    const shares = predictForest({ trees, width: WIDTH, outputs: 3 }, features);
    let right = 0;
    for (let row = 0; row < 400; row++) {
      const own = shares.subarray(row * 3, row * 3 + 3);
      expect(own.reduce((sum, share) => sum + share, 0)).to.be.closeTo(1, 1e-5);
      if (own.indexOf(Math.max(...own)) === classOf(row)) right++;
    }
    expect(right).to.be.at.least(396);
  });

  it("respects the maximum depth and the minimum rows per leaf", () => {
    const features = cloud(300, 5);
    const targets = Float64Array.from({ length: 300 }, (_, row) => (features[row * WIDTH] ?? 0) ** 2);
    const data = { columns: binColumns(features, WIDTH), targets, classes: 0 };
    expect(trainTree(data, { ...options, maxDepth: 2 }, 1, 0).columns.length).to.equal(7);
    const coarse = trainTree(data, { ...options, minLeafRows: 40 }, 1, 0);
    expect(coarse.columns.filter((column) => column < 0).length).to.be.within(3, 7);
  });

  it("grows each tree from the seed and the tree's number only, independent of other trees", () => {
    const features = cloud(200, 9);
    const data = {
      columns: binColumns(features, WIDTH),
      targets: Float64Array.from({ length: 200 }, (_, i) => i % 7),
      classes: 0,
    };
    const sampled = { ...options, columnsPerSplit: 1 };
    const inOrder = [0, 1, 2].map((index) => trainTree(data, sampled, 42, index));
    const backwards = [2, 1, 0].map((index) => trainTree(data, sampled, 42, index)).reverse();
    expect(backwards).to.deep.equal(inOrder);
    expect(trainTree(data, sampled, 43, 0)).not.to.deep.equal(inOrder[0]);
    expect(inOrder[1]).not.to.deep.equal(inOrder[0]);
  });

  it("splits a column with a large offset as well as one without", () => {
    const features = Float32Array.from({ length: 300 }, (_, i) => (i % WIDTH === 0 ? i : 0));
    const targets = Float64Array.from({ length: 100 }, (_, row) => 1e7 + (row < 50 ? 0 : 1));
    const tree = trainTree(
      { columns: binColumns(features, WIDTH), targets, classes: 0 },
      { ...options, maxDepth: 1 },
      1,
      0,
    );
    expect([...tree.values].slice(1)).to.deep.equal([1e7, 1e7 + 1]);
  });

  it("separates adjacent float32 values, and columns with more values than bins", () => {
    const next = new Float32Array(new Uint32Array([0x3f800001]).buffer)[0] ?? 0;
    const { cuts, codes } = binColumns(Float32Array.of(1, next, next, 1), 1);
    expect([...(cuts[0] ?? [])]).to.deep.equal([1]);
    expect([...codes]).to.deep.equal([0, 1, 1, 0]);
    const many = binColumns(
      Float32Array.from({ length: 5000 }, (_, i) => (i * 7919) % 5000),
      1,
    );
    expect(many.cuts[0]?.length).to.equal(4999);
    expect(new Set(many.codes).size).to.equal(5000);
  });
});
