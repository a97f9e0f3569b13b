import { z } from "zod";
import { UserError } from "../../registry/index.ts";
import { generateSeries, readSeries } from "../input/series.ts";
import { type LagRows, lagRows } from "../learn/lags.ts";
import { regressionErrors } from "../learn/scores.ts";
import { logNotes, logTrees } from "../log.ts";
import { fitForecaster, runForecaster } from "../models/series-forecaster.ts";
import { dataParameters, flag, readOptions, text, wholeNumber } from "./parameters.ts";
import type { Task, TrainingContext } from "./task.ts";

/** Share of the rows that is held out: the last ones, because a forecast is measured on later values. */
const HELD_OUT = 0.2;

/** Fewer rows than this are too few to hold a fifth out. */
const LEAST_ROWS = 10;

const TimeseriesParameters = z.strictObject({
  ...dataParameters,
  /** Column of the values. Empty: value, or the only column of numbers. */
  value_column: text(""),
  /** Trees of the forest. */
  n_estimators: wholeNumber(1, 2000, 100),
  /** Maximum depth of a tree; 0 for no limit. */
  max_depth: wholeNumber(0, 64, 10),
  /** Minimum number of rows in a leaf. */
  min_samples_leaf: wholeNumber(1, 10_000, 3),
  /** Number of previous values in a row. */
  lags: wholeNumber(1, 500, 24),
  /** Length of the synthetic series, in steps; ignored with a data file. */
  steps: wholeNumber(100, 1_000_000, 2000),
  /** Length of the season of the synthetic series, in steps. */
  season: wholeNumber(2, 10_000, 24),
  /** After measuring, fit the published model to all rows; otherwise publish the measured one. */
  refit: flag(true),
});
type TimeseriesParameters = z.infer<typeof TimeseriesParameters>;

const DESCRIPTION = "Next value of a series from the values before it: random forest";

/** Lags → next value: a random forest on the column `value` of a file, or on a synthetic series. */
export const timeseries: Task<TimeseriesParameters> = {
  name: "timeseries",
  model: "timeseries",
  parameters: TimeseriesParameters,
  sample: undefined,
  takesData: true,
  async train({ parameters, seed, file, log, workers }) {
    const { lags } = parameters;
    const series = file
      ? await readSeries(file, parameters.value_column || undefined, readOptions(parameters))
      : generateSeries(parameters.steps, parameters.season, seed);
    logNotes(log, series.notes);
    const needed = Math.max(lags + 10, 2 * lags);
    if (series.values.length < needed) {
      throw new UserError(
        `${file ?? "the synthetic series"}: ${series.values.length} values are too few for ${lags} lags; it needs at least ${needed}`,
      );
    }
    const all = lagRows(series.values, lags);
    if (all.targets.length < LEAST_ROWS)
      throw new UserError(
        `${file}: ${all.targets.length} windows of ${lags + 1} values have no gap, at least ${LEAST_ROWS} are needed; fill the gaps, or give fewer lags with --param lags=N`,
      );
    const { train, test } = splitByTime(all);
    const measured = await fit(train, parameters, { seed, log, workers }, "measure");
    const metrics = { ...(await measure(measured.graph, test)), ...naiveErrors(test) };
    log.event("measured", { ...metrics, rows: test.targets.length });
    const published = parameters.refit ? await fit(all, parameters, { seed, log, workers }, "publish") : measured;
    return {
      graph: published.graph,
      description: DESCRIPTION,
      metrics,
      data: {
        sha256: series.sha256,
        rows: all.targets.length,
        trainRows: train.targets.length,
        testRows: test.targets.length,
        ...(series.notes.length > 0 && { notes: [...series.notes] }),
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
  { seed, log, workers }: Pick<TrainingContext<TimeseriesParameters>, "seed" | "log" | "workers">,
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
    logTrees(log, phase),
    workers,
    phase,
  );
}

async function measure(graph: Uint8Array, test: LagRows) {
  return regressionErrors(await runForecaster(graph, test), test.targets);
}

/** The errors of the naive forecast, which predicts the newest value: the baseline for a model. */
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
