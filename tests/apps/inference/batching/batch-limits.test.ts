import { expect } from "chai";
import { BatchLimits, MAX_PADDED_CHARACTERS } from "../../../../apps/inference/batching/batch-limits.ts";
import type { Tensors } from "../../../../apps/inference/model/tensor.ts";

/** The number of rows in each batch when texts of these lengths are split. */
function split(maxRows: number, lengths: readonly number[]): number[] {
  const data = lengths.map((length) => "x".repeat(length));
  const inputs: Tensors = new Map([["text", { datatype: "BYTES", shape: [data.length], data }]]);
  return new BatchLimits(maxRows).pieces(inputs, data.length).map(({ from, to }) => to - from);
}

describe("the rows of a run", () => {
  const most = (limits: BatchLimits) => [...new Array(2049).keys()].findLast((rows) => limits.allow(rows, 0));

  it("grow while full runs are short, and shrink when one is not", () => {
    const limits = new BatchLimits(64, 200);
    expect(most(limits)).to.equal(64);
    limits.ran(32, 0.1);
    expect(most(limits), "a run that is not full says nothing").to.equal(64);
    limits.ran(64, 0.1);
    expect(most(limits)).to.equal(128);
    limits.ran(128, 0.7);
    expect(most(limits)).to.equal(128);
    limits.ran(65, 0.2);
    expect(most(limits)).to.equal(200);
    limits.ran(200, 1.1);
    expect(most(limits)).to.equal(100);
    limits.ran(1, 5);
    limits.ran(1, 5);
    expect(most(limits)).to.equal(64);
  });

  it("are never more than was set", () => {
    const limits = new BatchLimits(8);
    limits.ran(8, 0.01);
    expect(most(limits)).to.equal(8);
    const few = new BatchLimits(64, 4);
    few.ran(4, 0.01);
    expect(most(few)).to.equal(4);
  });
});

describe("splitting a request into batches", () => {
  const LONG = MAX_PADDED_CHARACTERS / 4;

  it("keeps short texts together up to the row limit", () => {
    expect(split(4, [10, 20, 30, 40, 50])).to.deep.equal([4, 1]);
  });

  it("counts every text at the length of the longest in its batch", () => {
    expect(split(64, [1, 1, LONG, 1, 1, 1])).to.deep.equal([4, 2]);
    expect(split(64, new Array(9).fill(LONG))).to.deep.equal([4, 4, 1]);
  });

  it("runs a text that is too long for a batch on its own", () => {
    expect(split(64, [1, MAX_PADDED_CHARACTERS, 1, 1])).to.deep.equal([1, 1, 2]);
  });

  it("limits numeric inputs by rows only", () => {
    const inputs: Tensors = new Map([["x", { datatype: "FP32", shape: [100, 1000], data: new Float32Array(100_000) }]]);
    expect(new BatchLimits(64).pieces(inputs, 100).map(({ to }) => to)).to.deep.equal([64, 100]);
  });
});
