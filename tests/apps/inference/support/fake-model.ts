import type { Model, OpenModel } from "../../../../apps/inference/model/model.ts";
import type { Tensors } from "../../../../apps/inference/model/tensor.ts";

/** A fake of half-plus-two whose runs a test can watch, delay and make fail. */
export interface FakeModel {
  readonly open: OpenModel;
  /** The rows of each run so far, except the warm-up. */
  readonly runs: number[][];
  /** Delays runs until the returned function is called. */
  hold(): () => void;
}

/** Runs of a model before its first request: zeros, then two rows alone and together. */
export const WARM_UP_RUNS = 4;

/**
 * @param spoil Any row with this value makes the whole run fail, like a row that the graph rejects.
 */
export function fakeModel(spoil?: number): FakeModel {
  const runs: number[][] = [];
  let gate: Promise<void> = Promise.resolve();
  let warmUps = 0;
  return {
    runs,
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    open: async (metadata): Promise<Model> => ({
      metadata,
      batched: true,
      maxRows: Number.POSITIVE_INFINITY,
      ragged: false,
      async run(inputs): Promise<Tensors> {
        const rows = Array.from((inputs.get("x")?.data ?? []) as Float32Array);
        if (warmUps < WARM_UP_RUNS) {
          warmUps += 1;
        } else {
          runs.push(rows);
          await gate;
        }
        if (spoil !== undefined && rows.includes(spoil)) {
          throw new Error("the graph cannot take this row");
        }
        const data = Float32Array.from(rows, (x) => x / 2 + 2);
        return new Map([["y", { datatype: "FP32", shape: [rows.length], data }]]);
      },
      async close() {},
    }),
  };
}
