import { type LagRows, relativeToNewest } from "../learn/lags.ts";
import { binColumns } from "../learn/trees/bins.ts";
import { type Forest, predictForest, type TreeOptions } from "../learn/trees/forest.ts";
import { growForest } from "../learn/trees/grow-forest.ts";
import type { TreeData } from "../learn/trees/split-search.ts";
import { alone, type Crew } from "../learn/workers/worker-group.ts";
import { encodeForecaster } from "../onnx/forecast-graph.ts";
import { floatOutput, openSession, runFeatures } from "../onnx/session.ts";

export interface SeriesForecaster {
  readonly forest: Forest;
  /** The exported graph, lags to the next value. */
  readonly graph: Uint8Array;
}

/** What each tree of a forecaster is grown on: the lags, and the value to predict, less the newest value. */
export function forecastData(rows: LagRows): TreeData {
  return {
    columns: binColumns(relativeToNewest(rows), rows.lags),
    targets: Float64Array.from(rows.targets, (target, row) => target - (rows.features[row * rows.lags] ?? 0)),
    classes: 0,
  };
}

/**
 * A forecaster from its trees. A forest answers with nothing it has not seen, so it learns the change from the newest
 * value and not the level: a trend then leads nowhere new.
 */
export function assembleForecaster(forest: Forest, description: string): SeriesForecaster {
  return { forest, graph: encodeForecaster(forest, description) };
}

/**
 * Grows the trees, every worker of `crew` its own; `onTree` is told after each that is grown here, and waited for.
 * `step` names the work in the crew's run.
 */
export async function fitForecaster(
  rows: LagRows,
  options: TreeOptions & { readonly trees: number; readonly seed: number; readonly description: string },
  onTree?: (done: number, own: number) => void | Promise<void>,
  crew: Crew = alone,
  step = "trees",
): Promise<SeriesForecaster> {
  const trees = await growForest(forecastData(rows), options, crew, step, onTree);
  return assembleForecaster({ trees, width: rows.lags, outputs: 1 }, options.description);
}

/** The trainer's own predictions. */
export function forecast(forest: Forest, rows: LagRows): Float32Array {
  const changes = predictForest(forest, relativeToNewest(rows));
  return changes.map((change, row) => (rows.features[row * rows.lags] ?? 0) + change);
}

/** Runs row-major lags through an exported forecaster. */
export async function runForecaster(
  graph: Uint8Array,
  rows: Pick<LagRows, "features" | "lags">,
): Promise<Float32Array> {
  const session = await openSession(graph);
  const { values } = floatOutput(await runFeatures(session, rows.features, rows.lags), "prediction");
  await session.release();
  return values;
}
