import { expect } from "chai";
import { fitLogistic, predictProbabilities } from "../../../../apps/trainer/learn/linear/logistic.ts";
import { LogisticObjective } from "../../../../apps/trainer/learn/linear/logistic-objective.ts";
import { sparseMatrix } from "../../../../apps/trainer/learn/linear/matrix.ts";
import { minimize } from "../../../../apps/trainer/learn/linear/newton.ts";
import { macroF1 } from "../../../../apps/trainer/learn/scores.ts";
import { singleWorker } from "../../../../apps/trainer/learn/workers/worker-group.ts";

describe("logistic regression", () => {
  it("minimizes a badly scaled function from a point where a full Newton step overshoots the minimum by far", async () => {
    let at = 0;
    const tanh = (x: number) => Math.tanh(x - 1);
    const { point, converged } = await minimize(
      {
        evaluate: ([x = 0, y = 0], gradient) => {
          at = x;
          gradient[0] = tanh(x);
          gradient[1] = 2000 * (y + 2);
          return Math.log(Math.cosh(x - 1)) + 1000 * (y + 2) ** 2;
        },
        multiply: ([x = 0, y = 0], product) => {
          product[0] = (1 - tanh(at) ** 2) * x;
          product[1] = 2000 * y;
        },
      },
      Float64Array.of(4, 1),
      { tolerance: 1e-6 },
    );
    expect(converged).to.equal(true);
    expect(point[0]).to.be.closeTo(1, 1e-6);
    expect(point[1]).to.be.closeTo(-2, 1e-6);
  });

  it("descends from a point where the second derivative is zero", async () => {
    // Piecewise linear: 1 − x up to 1, 0 up to 2, x − 2 beyond.
    const slope = (x: number) => (x < 1 ? -1 : x > 2 ? 1 : 0);
    const { point, converged } = await minimize(
      {
        evaluate: ([x = 0], gradient) => {
          gradient[0] = slope(x);
          return x < 1 ? 1 - x : Math.max(0, x - 2);
        },
        multiply: (_, product) => {
          product.fill(0);
        },
      },
      Float64Array.of(-3),
    );
    expect(converged).to.equal(true);
    expect(point[0]).to.be.within(1, 2);
  });

  it("multiplies by a Hessian that matches finite differences of the gradient, for two and three classes", async () => {
    const features = sparseMatrix(Float64Array.of(0, 1, 1, 0, 2, 1, 3, 3, 1, 2, 4, 0), 2);
    for (const classes of [2, 3]) {
      const shard = { features, targets: [0, 1, 1, 0, classes - 1, 1] };
      const data = { width: 2, rows: 6, shard: () => shard };
      const objective = new LogisticObjective(data, classes, 0.7, singleWorker, "test");
      const around = (sign: number) =>
        Float64Array.from({ length: objective.size }, (_, i) => 0.3 * i - 1 + sign * 1e-5 * (i - 2));
      const gradients = [new Float64Array(objective.size), new Float64Array(objective.size)] as const;
      await objective.evaluate(around(1), gradients[0]);
      await objective.evaluate(around(-1), gradients[1]);
      await objective.evaluate(around(0), new Float64Array(objective.size));
      const product = new Float64Array(objective.size);
      await objective.multiply(
        Float64Array.from(product, (_, i) => i - 2),
        product,
      );
      for (const [i, value] of product.entries())
        expect(value).to.be.closeTo(((gradients[0][i] ?? 0) - (gradients[1][i] ?? 0)) / 2e-5, 1e-6);
    }
  });

  it("finds the optimum, where the gradient of the penalized loss vanishes", async () => {
    const rows = [0, 1, 1, 0, 2, 1, 3, 3, 1, 2, 4, 0];
    const targets = [0, 1, 1, 0, 0, 1];
    const inversePenalty = 2;
    const features = sparseMatrix(Float64Array.from(rows), 2);
    const model = await fitLogistic(features, targets, 2, { inversePenalty, tolerance: 1e-9 });
    expect(model.converged).to.equal(true);
    const probabilities = predictProbabilities(model, features);
    const errors = targets.map((target, row) => (probabilities[row * 2 + 1] ?? 0) - target);
    expect(errors.reduce((sum, error) => sum + error, 0)).to.be.closeTo(0, 1e-5);
    for (const column of [0, 1]) {
      const pull = errors.reduce((sum, error, row) => sum + error * (rows[row * 2 + column] ?? 0), 0);
      // The single score of two classes is the difference of their scores.
      const weight = (model.weights[2 + column] ?? 0) - (model.weights[column] ?? 0);
      expect(pull + weight / inversePenalty).to.be.closeTo(0, 1e-5);
    }
  });

  it("averages F1 over the classes", () => {
    expect(macroF1([0, 0, 1, 1], [0, 1, 1, 1], 2)).to.be.closeTo((2 / 3 + 4 / 5) / 2, 1e-12);
  });
});
