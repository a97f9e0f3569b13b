import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { readMetadata } from "../../../../apps/registry/index.ts";
import { generateSeries } from "../../../../apps/trainer/input/series.ts";
import { lagRows } from "../../../../apps/trainer/learn/lags.ts";
import { randomSource } from "../../../../apps/trainer/learn/random.ts";
import { fitForecaster, forecast, runForecaster } from "../../../../apps/trainer/models/series-forecaster.ts";
import { timeseries } from "../../../../apps/trainer/tasks/timeseries.ts";
import { largestDifference, temporaryDirectory, trainer } from "../support.ts";

const train = (parameters: Record<string, unknown>, seed = 42) =>
  timeseries.train({
    parameters: timeseries.parameters.parse(parameters),
    seed,
    file: undefined,
    log: { event: () => undefined },
  });

describe("timeseries task", () => {
  it("forecasts the held-out part of a series much better than the naive forecast", async () => {
    const { metrics, accuracy, data } = await train({});
    const { mae = 9, rmse = 9, naive_mae: naiveMae = 0, naive_rmse: naiveRmse = 0 } = metrics;
    // The standard deviation of the noise is 2.
    expect(rmse).to.be.within(1.9, 2.5);
    expect(rmse).to.be.below(0.7 * naiveRmse);
    expect(mae).to.be.below(0.7 * naiveMae);
    expect(accuracy).to.equal(undefined);
    expect(data).to.include({ rows: 1976, trainRows: 1581, testRows: 395 });
  });

  it("follows a trend beyond the range of the training data", async () => {
    const options = { trees: 10, maxDepth: 6, minLeafRows: 1, columnsPerSplit: 4, seed: 1, description: "" };
    const { graph } = await fitForecaster(
      lagRows(
        Float32Array.from({ length: 100 }, (_, i) => 3 * i),
        4,
      ),
      options,
    );
    const far = { features: Float32Array.of(900, 897, 894, 891), lags: 4 };
    expect((await runForecaster(graph, far))[0]).to.be.closeTo(903, 0.01);
  });

  it("exports a graph that agrees with its own predictions to 1e-5 on 10,000 random rows, inside and outside the range of the series", async () => {
    const rows = lagRows(generateSeries(1000, 24, 7).values, 12);
    const options = { trees: 100, maxDepth: 10, minLeafRows: 1, columnsPerSplit: 12, seed: 7, description: "" };
    const { forest, graph } = await fitForecaster(rows, options);
    const random = randomSource(1);
    const features = Float32Array.from({ length: 10_000 * 12 }, () => 40 + 150 * random());
    const made = { features, targets: new Float32Array(10_000), lags: 12 };
    const own = forecast(forest, made);
    const exported = await runForecaster(graph, made);
    expect(exported.length).to.equal(10_000);
    expect(largestDifference(own, exported)).to.be.at.most(1e-5);
  });

  it("gives a bit-identical model for the same seed, and another model for another seed", async () => {
    const small = { n_estimators: 5, steps: 300 };
    const first = await train(small, 7);
    expect((await train(small, 7)).graph).to.deep.equal(first.graph);
    expect((await train(small, 8)).graph).not.to.deep.equal(first.graph);
  });

  it("takes parameters from --param, then from the environment", async () => {
    const folder = await temporaryDirectory();
    try {
      const env = { N_ESTIMATORS: "3", MAX_DEPTH: "2", STEPS: "400", MODELS_DIR: folder };
      const run = await trainer(["train", "--task", "timeseries", "--param", "maxDepth=4"], { env });
      expect(run).to.include({ code: 0, errors: "" });
      const { hyperparameters, data } = await readMetadata(folder, "timeseries", "1");
      expect(hyperparameters).to.include({ n_estimators: 3, max_depth: 4, lags: 24, steps: 400 });
      expect(data?.source).to.equal("generated");
      const wrong = await trainer(["train", "--task", "timeseries"], { env: { ...env, N_ESTIMATORS: "many" } });
      expect(wrong.errors).to.equal(
        "error: environment variable N_ESTIMATORS=many, parameter n_estimators of task timeseries: must be a whole number from 1 to 2000\n",
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("reads the user's series, publishes a model only up to --max-error, and reports errors in the file", async () => {
    const folder = await temporaryDirectory();
    try {
      const models = path.join(folder, "models");
      const env = { DATA_DIR: folder, MODELS_DIR: models, N_ESTIMATORS: "5" };
      const file = path.join(folder, "sales.csv");
      const wave = Array.from({ length: 200 }, (_, day) => `${day},${20 + 5 * Math.sin(day / 3)}`);
      await writeFile(file, `day,value\n${wave.join("\n")}\n`);
      const args = ["train", "--task", "timeseries", "--data", "sales.csv", "--max-error"];
      const refused = await trainer([...args, "0.0001"], { env });
      expect(refused.errors).to.match(/^error: not published: held-out RMSE [\d.]+ is above --max-error 0.0001; .*\n$/);
      expect(await trainer([...args, "2"], { env })).to.include({ code: 0, errors: "" });
      expect((await readMetadata(models, "timeseries", "1")).data?.source).to.equal("sales.csv");
      await writeFile(file, "day,value\n1,2\n2,two\n");
      expect((await trainer([...args, "2"], { env })).errors).to.equal(
        `error: ${file}, line 3, column value: "two" is not a number\n`,
      );
      await writeFile(file, "value\n1\n2\n");
      expect((await trainer([...args, "2"], { env })).errors).to.equal(
        `error: ${file}: 2 values are too few for 24 lags; it needs at least 48\n`,
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
