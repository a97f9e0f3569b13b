/** Mean and standard deviation of each column of row-major `features`; the deviation of a constant column is given as 1. */
export function columnMoments(
  features: Float32Array,
  width: number,
): { means: Float64Array; deviations: Float64Array } {
  const rows = features.length / width;
  const means = new Float64Array(width);
  const deviations = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < width; k++) means[k] = (means[k] ?? 0) + (features[row * width + k] ?? 0) / rows;
  }
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < width; k++)
      deviations[k] = (deviations[k] ?? 0) + ((features[row * width + k] ?? 0) - (means[k] ?? 0)) ** 2 / rows;
  }
  return { means, deviations: deviations.map((square) => Math.sqrt(square) || 1) };
}
