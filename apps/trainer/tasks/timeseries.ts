import { setImmediate as nextTurn } from "node:timers/promises";
import { z } from "zod";
import { UserError } from "../errors.ts";
import { generateSeries, readSeries } from "../input/series.ts";
import { type LagRows, lagRows } from "../learn/lags.ts";
import { regressionErrors } from "../learn/scores.ts";
import { fitForecaster, runForecaster } from "../models/series-forecaster.ts";
import { flag, wholeNumber } from "./parameters.ts";
import type { Task, TrainingContext } from "./task.ts";

/** The last fifth of the rows is held out: a forecast is measured on what comes later. */
const HELD_OUT = 0.2;
/** Progress is logged after as many trees. */
const TREES_PER_LINE = 10;

const TimeseriesParameters = z.strictObject({
  /** Trees of the forest. */
  n_estimators: wholeNumber(1, 2000, 100),
  /** Longest way from a tree's root to a leaf; 0 for no bound. */
  max_depth: wholeNumber(0, 64, 10),
  /** Rows each leaf must hold. */
  min_samples_leaf: wholeNumber(1, 10_000, 3),
  /** Values before the one to predict that a row consists of. */
  lags: wholeNumber(1, 500, 24),
  /** Length of the made-up series, in steps; of no effect with a data file. */
  steps: wholeNumber(100, 1_000_000, 2000),
  /** Length of its season, in steps. */
  season: wholeNumber(2, 10_000, 24),
  /** After measuring, fit the published model to all rows; otherwise publish the one measured. */
  refit: flag(true),
});
type TimeseriesParameters = z.infer<typeof TimeseriesParameters>;

const DESCRIPTION = "Next value of a series from the values before it: random forest";

/** Lags → next value: a random forest on the column `value` of a file, or on a made-up series. */
export const timeseries: Task<TimeseriesParameters> = {
  name: "timeseries",
  model: "timeseries",
  parameters: TimeseriesParameters,
  sample: undefined,
  takesData: true,
  async train({ parameters, seed, file, log, crew }) {
    const { lags } = parameters;
    const series = file ? await readSeries(file) : generateSeries(parameters.steps, parameters.season, seed);
    const needed = Math.max(lags + 10, 2 * lags);
    if (series.values.length < needed) {
      throw new UserError(
        `${file ?? "the made-up series"}: ${series.values.length} values are too few for ${lags} lags; it needs at least ${needed}`,
      );
    }
    const all = lagRows(series.values, lags);
    const { train, test } = splitByTime(all);
    const measured = await fit(train, parameters, { seed, log, crew }, "measure");
    const metrics = { ...(await measure(measured.graph, test)), ...naiveErrors(test) };
    log.event("measured", { ...metrics, rows: test.targets.length });
    const published = parameters.refit ? await fit(all, parameters, { seed, log, crew }, "publish") : measured;
    return {
      graph: published.graph,
      description: DESCRIPTION,
      metrics,
      data: {
        sha256: series.sha256,
        rows: all.targets.length,
        trainRows: train.targets.length,
        testRows: test.targets.length,
      },
      signature: {
        kind: "regression",
        inputs: [{ name: "features", datatype: "FP32", shape: [-1, lags] }],
        outputs: [{ name: "prediction", datatype: "FP32", shape: [-1, 1] }],
        features: Array.from({ length: lags }, (_, lag) => `lag_${lag + 1}`),
      },
    };
  },
};

function fit(
  rows: LagRows,
  parameters: TimeseriesParameters,
  { seed, log, crew }: Pick<TrainingContext<TimeseriesParameters>, "seed" | "log" | "crew">,
  phase: string,
) {
  return fitForecaster(
    rows,
    {
      trees: parameters.n_estimators,
      maxDepth: parameters.max_depth,
      minLeafRows: parameters.min_samples_leaf,
      columnsPerSplit: rows.lags,
      seed,
      description: DESCRIPTION,
    },
    async (done, own) => {
      if (done % TREES_PER_LINE === 0 || done === own) log.event("trees", { phase, done, trees: own });
      // Lets the process answer signals.
      await nextTurn();
    },
    crew,
    phase,
  );
}

async function measure(graph: Uint8Array, test: LagRows) {
  return regressionErrors(await runForecaster(graph, test), test.targets);
}

/** The errors of a forecast that says "as now": what a model must beat to be worth anything. */
function naiveErrors({ features, targets, lags }: LagRows): Record<string, number> {
  const { mae, rmse } = regressionErrors(
    targets.map((_, row) => features[row * lags] ?? 0),
    targets,
  );
  return { naive_mae: mae, naive_rmse: rmse };
}

function splitByTime({ features, targets, lags }: LagRows): { train: LagRows; test: LagRows } {
  const cut = targets.length - Math.max(1, Math.round(targets.length * HELD_OUT));
  return {
    train: { features: features.slice(0, cut * lags), targets: targets.slice(0, cut), lags },
    test: { features: features.slice(cut * lags), targets: targets.slice(cut), lags },
  };
}
