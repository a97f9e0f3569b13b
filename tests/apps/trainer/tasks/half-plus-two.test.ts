import { expect } from "chai";
import { randomSource } from "../../../../apps/trainer/learn/random.ts";
import { floatOutput, openSession, runValues } from "../../../../apps/trainer/onnx/session.ts";
import { halfPlusTwo } from "../../../../apps/trainer/tasks/half-plus-two.ts";
import { largestDifference } from "../support.ts";

describe("half_plus_two task", () => {
  it("fits the line exactly from any points", async () => {
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

  it("exports a graph that agrees with the fitted line to 1e-5 on 10,000 random values, inside and outside the range of the data", async () => {
    let fitted: Readonly<Record<string, unknown>> = {};
    const event = (name: string, fields = {}) => {
      if (name === "fitted") fitted = fields;
    };
    const { graph } = await halfPlusTwo.train({
      parameters: { pairs: 1000 },
      seed: 42,
      file: undefined,
      log: { event },
    });
    const random = randomSource(1);
    const xs = Float32Array.from({ length: 10_000 }, () => (random() - 0.5) * 80);
    const own = Float64Array.from(xs, (x) => Number(fitted["slope"]) * x + Number(fitted["intercept"]));
    const session = await openSession(graph);
    const { values } = floatOutput(await runValues(session, xs), "y");
    await session.release();
    expect(largestDifference(own, values)).to.be.at.most(1e-5);
  });
});
