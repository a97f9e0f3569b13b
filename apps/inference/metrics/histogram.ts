/** A histogram of plain numbers: to observe is to find a bucket and to add twice. */
export class Histogram {
  /** Upper bounds of the buckets, ascending; what is above the last falls into one of its own. */
  readonly bounds: readonly number[];
  /** Observations by bucket, not summed up; one more than there are bounds. */
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
