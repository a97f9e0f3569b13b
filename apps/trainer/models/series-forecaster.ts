import { type LagRows, relativeToNewest } from "../learn/lags.ts";
import { binColumns } from "../learn/trees/bins.ts";
import { type Forest, predictForest, type TreeOptions } from "../learn/trees/forest.ts";
import { growForest } from "../learn/trees/grow-forest.ts";
import type { TreeData } from "../learn/trees/split-search.ts";
import { singleWorker, type WorkerGroup } from "../learn/workers/worker-group.ts";
import { encodeForecaster } from "../onnx/forecast-graph.ts";
import { floatOutput, openSession, runFeatures } from "../onnx/session.ts";

export interface SeriesForecaster {
  readonly forest: Forest;
  /** The exported graph, from lags to the next value. */
  readonly graph: Uint8Array;
}

/** Training data of the trees: the lags and the target, both minus the newest value. */
export function forecastData(rows: LagRows): TreeData {
  return {
    columns: binColumns(relativeToNewest(rows), rows.lags),
    targets: Float64Array.from(rows.targets, (target, row) => target - (rows.features[row * rows.lags] ?? 0)),
    classes: 0,
  };
}

/**
 * Makes a forecaster from its forest. A forest cannot predict values outside the range of its targets, so it predicts the
 * change from the newest value instead of the value: a series with a trend then stays within that range.
 */
export function assembleForecaster(forest: Forest, description: string): SeriesForecaster {
  return { forest, graph: encodeForecaster(forest, description) };
}

/**
 * Fits a forecaster; see {@link growForest} for `onTree` and `step`.
 *
 * @param workers the workers that share the trees
 */
export async function fitForecaster(
  rows: LagRows,
  options: TreeOptions & { readonly trees: number; readonly seed: number; readonly description: string },
  onTree?: (done: number, own: number) => void | Promise<void>,
  workers: WorkerGroup = singleWorker,
  step = "trees",
): Promise<SeriesForecaster> {
  const trees = await growForest(forecastData(rows), options, workers, step, onTree);
  return assembleForecaster({ trees, width: rows.lags, outputs: 1 }, options.description);
}

/** Predictions computed without the graph. */
export function forecast(forest: Forest, rows: LagRows): Float32Array {
  const changes = predictForest(forest, relativeToNewest(rows));
  return changes.map((change, row) => (rows.features[row * rows.lags] ?? 0) + change);
}

/** Runs row-major lags through an exported forecaster; returns one prediction per row. */
export async function runForecaster(
  graph: Uint8Array,
  rows: Pick<LagRows, "features" | "lags">,
): Promise<Float32Array> {
  const session = await openSession(graph);
  const { values } = floatOutput(await runFeatures(session, rows.features, rows.lags), "prediction");
  await session.release();
  return values;
}
