/** Windows of a time series, each with the value that follows it. */
export interface LagRows {
  /** Row-major [rows, lags]: the values before the target, newest first. */
  readonly features: Float32Array;
  readonly targets: Float32Array;
  readonly lags: number;
}

/** Makes one row for every value that has at least `lags` values before it. */
export function lagRows(series: Float32Array, lags: number): LagRows {
  const rows = Math.max(0, series.length - lags);
  const features = new Float32Array(rows * lags);
  for (let row = 0; row < rows; row++) {
    for (let lag = 0; lag < lags; lag++) features[row * lags + lag] = series[row + lags - 1 - lag] ?? 0;
  }
  return { features, targets: series.slice(lags), lags };
}

/** The features minus each row's newest value, in float32 as the exported graph computes them. */
export function relativeToNewest({ features, lags }: LagRows): Float32Array {
  return features.map((value, i) => value - (features[i - (i % lags)] ?? 0));
}
