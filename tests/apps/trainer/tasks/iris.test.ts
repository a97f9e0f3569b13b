import path from "node:path";
import { expect } from "chai";
import { SAMPLES } from "../../../../apps/trainer/data/samples.ts";
import { readIrisRows } from "../../../../apps/trainer/input/iris-rows.ts";
import { predictProbabilities } from "../../../../apps/trainer/learn/linear/logistic.ts";
import { sparseMatrix } from "../../../../apps/trainer/learn/linear/matrix.ts";
import { randomSource } from "../../../../apps/trainer/learn/random.ts";
import { mostProbable } from "../../../../apps/trainer/learn/scores.ts";
import { classifyFeatures, fitFeatureClassifier } from "../../../../apps/trainer/models/feature-classifier.ts";
import { iris } from "../../../../apps/trainer/tasks/iris.ts";
import { largestDifference } from "../support.ts";

const FILE = path.join(SAMPLES, "iris.csv");

describe("iris task", () => {
  it("reads the 150 flowers, 50 of each species", async () => {
    const { targets, species, features } = await readIrisRows(FILE);
    expect(species).to.deep.equal(["setosa", "versicolor", "virginica"]);
    for (const index of species.keys()) expect(targets.filter((target) => target === index)).to.have.length(50);
    expect(Array.from(features.slice(0, 4), (value) => value.toFixed(1))).to.deep.equal(["5.1", "3.5", "1.4", "0.2"]);
  });

  it("predicts the species of held-out flowers", async () => {
    const trained = await iris.train({
      parameters: iris.parameters.parse({}),
      seed: 42,
      file: FILE,
      log: { event: () => undefined },
    });
    expect(trained.accuracy).to.be.at.least(0.9);
    expect(trained.data).to.include({ rows: 150, trainRows: 120, testRows: 30 });
    const flowers = Float32Array.of(5.1, 3.5, 1.4, 0.2, 6.0, 2.7, 4.2, 1.3, 6.7, 3.1, 5.9, 2.3);
    expect([...mostProbable(await classifyFeatures(trained.graph, flowers, 4), 3)]).to.deep.equal([0, 1, 2]);
  });

  it("exports a graph that agrees with its own predictions to 1e-5 on 10,000 random rows, inside and outside the range of the data", async () => {
    const { features, targets } = await readIrisRows(FILE);
    const { model, graph } = await fitFeatureClassifier(features, targets, 3, 4, {
      inversePenalty: 10,
      description: "",
    });
    const random = randomSource(1);
    const rows = Float32Array.from({ length: 10_000 * 4 }, () => 14 * random() - 3);
    const own = predictProbabilities(model, sparseMatrix(rows, 4));
    const exported = await classifyFeatures(graph, rows, 4);
    expect(exported.length).to.equal(30_000);
    expect(largestDifference(own, exported)).to.be.at.most(1e-5);
    expect(new Set(mostProbable(own, 3)).size, "all species").to.equal(3);
  });
});
