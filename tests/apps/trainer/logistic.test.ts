import { expect } from "chai";
import { minimise } from "../../../apps/trainer/learn/lbfgs.ts";
import { fitLogistic, predictProbabilities } from "../../../apps/trainer/learn/logistic.ts";
import { MatrixBuilder } from "../../../apps/trainer/learn/matrix.ts";
import { macroF1 } from "../../../apps/trainer/learn/scores.ts";

describe("logistic regression", () => {
  it("minimises the Rosenbrock function", async () => {
    const { point, converged } = await minimise(
      (at, gradient) => {
        const [x = 0, y = 0] = at;
        gradient[0] = -2 * (1 - x) - 400 * x * (y - x * x);
        gradient[1] = 200 * (y - x * x);
        return (1 - x) ** 2 + 100 * (y - x * x) ** 2;
      },
      Float64Array.of(-1.2, 1),
    );
    expect(converged).to.equal(true);
    expect(point[0]).to.be.closeTo(1, 1e-4);
    expect(point[1]).to.be.closeTo(1, 1e-4);
  });

  it("finds the optimum: gradients of the penalised loss vanish there", async () => {
    const rows = [0, 1, 1, 0, 2, 1, 3, 3, 1, 2, 4, 0];
    const targets = [0, 1, 1, 0, 0, 1];
    const inversePenalty = 2;
    const builder = new MatrixBuilder(2);
    builder.addRows(rows);
    const features = builder.build();
    const model = await fitLogistic(features, targets, 2, { inversePenalty, tolerance: 1e-9 });
    expect(model.converged).to.equal(true);
    const probabilities = predictProbabilities(model, features);
    const errors = targets.map((target, row) => (probabilities[row * 2 + 1] ?? 0) - target);
    expect(errors.reduce((sum, error) => sum + error, 0)).to.be.closeTo(0, 1e-5);
    for (const column of [0, 1]) {
      const pull = errors.reduce((sum, error, row) => sum + error * (rows[row * 2 + column] ?? 0), 0);
      // The single score of two classes is the difference of theirs.
      const weight = (model.weights[2 + column] ?? 0) - (model.weights[column] ?? 0);
      expect(pull + weight / inversePenalty).to.be.closeTo(0, 1e-5);
    }
  });

  it("counts F1 by class", () => {
    expect(macroF1([0, 0, 1, 1], [0, 1, 1, 1], 2)).to.be.closeTo((2 / 3 + 4 / 5) / 2, 1e-12);
  });
});
