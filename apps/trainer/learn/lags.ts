/** Windows of a series with the value that follows each. */
export interface LagRows {
  /** Row-major [rows, lags]: the values before the one to predict, newest first. */
  readonly features: Float32Array;
  readonly targets: Float32Array;
  readonly lags: number;
}

/** One row for every value that has `lags` values before it. */
export function lagRows(series: Float32Array, lags: number): LagRows {
  const rows = Math.max(0, series.length - lags);
  const features = new Float32Array(rows * lags);
  for (let row = 0; row < rows; row++) {
    for (let lag = 0; lag < lags; lag++) features[row * lags + lag] = series[row + lags - 1 - lag] ?? 0;
  }
  return { features, targets: series.slice(lags), lags };
}

/** The features less each row's newest value, as the graph computes them: in float32. */
export function relativeToNewest({ features, lags }: LagRows): Float32Array {
  return features.map((value, i) => value - (features[i - (i % lags)] ?? 0));
}
