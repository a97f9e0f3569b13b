/** A histogram of plain numbers, without the label look-ups of prom-client. */
export class Histogram {
  /** Upper bounds of the buckets, ascending; values above the last have a bucket of their own. */
  readonly bounds: readonly number[];
  /** Observations by bucket, not cumulative; one more than there are bounds. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) {
      bucket += 1;
    }
    counts[bucket] = (counts[bucket] ?? 0) + 1;
    this.sum += value;
  }
}
