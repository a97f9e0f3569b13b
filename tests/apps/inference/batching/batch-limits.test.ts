import { expect } from "chai";
import { BatchLimits, MAX_PADDED_CHARACTERS } from "../../../../apps/inference/batching/batch-limits.ts";
import type { Tensors } from "../../../../apps/inference/model/tensor.ts";

/** The number of rows in each batch when texts of these lengths are split. */
function split(maxRows: number, lengths: readonly number[]): number[] {
  const data = lengths.map((length) => "x".repeat(length));
  const inputs: Tensors = new Map([["text", { datatype: "BYTES", shape: [data.length], data }]]);
  return new BatchLimits(maxRows).pieces(inputs, data.length).map(({ from, to }) => to - from);
}

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
