/** Padding that a batch may have, as a share of its tokens: a run of its own costs more than a little padding. */
const MAX_PADDING = 0.25;
/** Padding that is never worth another run, in tokens. */
const FREE_PADDING = 128;

/**
 * Splits texts into batches of similar length, so that little is computed for padding.
 *
 * @param lengths Tokens of each text.
 * @param maxRows Most texts of a batch.
 * @returns Indices of the texts of each batch, each text once.
 */
export function paddedBatches(lengths: readonly number[], maxRows = Infinity): number[][] {
  const order = lengths.map((_, index) => index).sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0));
  const batches: number[][] = [];
  let batch: number[] = [];
  let tokens = 0;
  for (const index of order) {
    const length = lengths[index] ?? 0;
    const padding = (batch.length + 1) * length - tokens - length;
    const isTooWide = padding > FREE_PADDING && padding > MAX_PADDING * (tokens + length);
    if (batch.length > 0 && (isTooWide || batch.length >= maxRows)) {
      batches.push(batch);
      batch = [];
      tokens = 0;
    }
    batch.push(index);
    tokens += length;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
