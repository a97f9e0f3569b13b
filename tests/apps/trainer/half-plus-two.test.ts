import { expect } from "chai";
import { floatOutput, openSession, runValues } from "../../../apps/trainer/onnx/session.ts";
import { halfPlusTwo } from "../../../apps/trainer/tasks/half-plus-two.ts";

describe("half_plus_two task", () => {
  it("fits the line exactly, whatever the pairs", async () => {
    for (const [seed, pairs] of [
      [42, 1000],
      [1, 2],
      [2, 37],
    ] as const) {
      const trained = await halfPlusTwo.train({
        parameters: { pairs },
        seed,
        file: undefined,
        log: { event: () => undefined },
      });
      const session = await openSession(trained.graph);
      const { values, dims } = floatOutput(await runValues(session, Float32Array.of(1, 2, 5)), "y");
      await session.release();
      expect([...values]).to.deep.equal([2.5, 3.0, 4.5]);
      expect(dims).to.deep.equal([3]);
      expect(trained.metrics["rmse"]).to.be.below(1e-6);
    }
  });
});
