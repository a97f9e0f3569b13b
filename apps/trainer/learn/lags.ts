/** Windows of a time series, each with the value that follows it. */
export interface LagRows {
  /** Row-major [rows, lags]: the values before the target, newest first. */
  readonly features: Float32Array;
  readonly targets: Float32Array;
  readonly lags: number;
}

/** Makes one row for every value that has at least `lags` values before it; no row contains a missing value (NaN). */
export function lagRows(series: Float32Array, lags: number): LagRows {
  const starts: number[] = [];
  let complete = 0;
  for (const [at, value] of series.entries()) {
    complete = Number.isNaN(value) ? 0 : complete + 1;
    if (complete > lags) starts.push(at - lags);
  }
  const features = new Float32Array(starts.length * lags);
  for (const [row, start] of starts.entries()) {
    for (let lag = 0; lag < lags; lag++) features[row * lags + lag] = series[start + lags - 1 - lag] ?? 0;
  }
  return { features, targets: Float32Array.from(starts, (start) => series[start + lags] ?? 0), lags };
}

/** The features minus each row's newest value, in float32 as the exported graph computes them. */
export function relativeToNewest({ features, lags }: LagRows): Float32Array {
  return features.map((value, i) => value - (features[i - (i % lags)] ?? 0));
}
