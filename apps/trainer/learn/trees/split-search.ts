import type { BinnedColumns } from "./bins.ts";

/** Training data of a tree: binned columns and one target per row. */
export interface TreeData {
  readonly columns: BinnedColumns;
  /** The number to predict, or the class (0 … classes − 1), by row. */
  readonly targets: Float64Array;
  /** Number of classes; 0 for a regression. */
  readonly classes: number;
}

/** The best cut found for a node: rows whose bin in `column` is at most `bin` go left. */
export interface Split {
  readonly column: number;
  readonly bin: number;
}

/** The rows of a node, and their statistics. */
export interface NodeRows {
  /** The node's rows are `order[from … to)`. */
  readonly from: number;
  readonly to: number;
  /** Sum of the rows' counts. */
  readonly weight: number;
  /** Mean target, or the shares of the classes. */
  readonly means: Float64Array;
  /** Sum of squared errors about the mean, or weight × Gini impurity. */
  readonly impurity: number;
}

/** Share of the impurity that a split has to remove; a smaller gain is rounding error. */
const LEAST_GAIN = 1e-9;

/**
 * Finds splits by histograms. The gain of a split is the decrease of the squared error for a regression, of the Gini
 * impurity for a classification (Breiman et al., Classification and Regression Trees, 1984). Both equal Σ sum² / weight over
 * the two sides, where `sum` is the side's sum of deviations from the node's mean, with one sum per class for a
 * classification. The buffers are reused for every node.
 */
export class SplitSearch {
  readonly #data: TreeData;
  readonly #channels: number;
  readonly #leastRows: number;
  readonly #weights = new Float64Array(256);
  readonly #sums: Float64Array;
  readonly #below: Float64Array;

  /** @param leastRows minimum weight of each side of a split */
  constructor(data: TreeData, leastRows: number) {
    this.#data = data;
    this.#channels = Math.max(1, data.classes);
    this.#leastRows = leastRows;
    this.#sums = new Float64Array(256 * this.#channels);
    this.#below = new Float64Array(this.#channels);
  }

  /** Statistics of the rows `order[from … to)`, each sampled `counts[row]` times. */
  describe(order: Uint32Array, from: number, to: number, counts: Uint16Array): NodeRows {
    const { targets, classes } = this.#data;
    const means = new Float64Array(this.#channels);
    let weight = 0;
    for (let i = from; i < to; i++) {
      const row = order[i] ?? 0;
      const count = counts[row] ?? 0;
      const target = targets[row] ?? 0;
      weight += count;
      if (classes === 0) means[0] = (means[0] ?? 0) + count * target;
      else means[target] = (means[target] ?? 0) + count;
    }
    for (let k = 0; k < means.length; k++) means[k] = (means[k] ?? 0) / weight;
    let impurity = 0;
    if (classes === 0) {
      const mean = means[0] ?? 0;
      for (let i = from; i < to; i++) {
        const row = order[i] ?? 0;
        impurity += (counts[row] ?? 0) * ((targets[row] ?? 0) - mean) ** 2;
      }
    } else {
      for (const share of means) impurity += weight * share * (1 - share);
    }
    return { from, to, weight, means, impurity };
  }

  /** The best split of a node over the first `candidateCount` candidate columns; undefined if no split improves. */
  best(
    order: Uint32Array,
    counts: Uint16Array,
    node: NodeRows,
    candidates: Uint16Array,
    candidateCount: number,
  ): Split | undefined {
    let gain = node.impurity * LEAST_GAIN;
    let column = -1;
    let bin = 0;
    for (let i = 0; i < candidateCount; i++) {
      const candidate = candidates[i] ?? 0;
      if (this.#data.columns.cuts[candidate]?.length === 0) continue;
      const [low, high] = this.#fill(candidate, order, counts, node);
      const found =
        this.#data.classes === 0 ? this.#scanSums(low, high, node.weight) : this.#scanCounts(low, high, node);
      if (found.gain <= gain) continue;
      gain = found.gain;
      column = candidate;
      bin = found.bin;
    }
    return column < 0 ? undefined : { column, bin };
  }

  /** Fills the histogram of a column; returns the lowest and the highest bin that the node's rows are in. */
  #fill(column: number, order: Uint32Array, counts: Uint16Array, node: NodeRows): [number, number] {
    const { columns, targets, classes } = this.#data;
    const { bins, rows } = columns;
    const weights = this.#weights;
    const sums = this.#sums;
    const channels = this.#channels;
    const base = column * rows;
    let low = 255;
    let high = 0;
    for (let i = node.from; i < node.to; i++) {
      const bin = bins[base + (order[i] ?? 0)] ?? 0;
      if (bin < low) low = bin;
      if (bin > high) high = bin;
    }
    weights.fill(0, low, high + 1);
    sums.fill(0, low * channels, (high + 1) * channels);
    const mean = node.means[0] ?? 0;
    for (let i = node.from; i < node.to; i++) {
      const row = order[i] ?? 0;
      const bin = bins[base + row] ?? 0;
      const count = counts[row] ?? 0;
      const target = targets[row] ?? 0;
      weights[bin] = (weights[bin] ?? 0) + count;
      const at = classes === 0 ? bin : bin * channels + target;
      sums[at] = (sums[at] ?? 0) + (classes === 0 ? count * (target - mean) : count);
    }
    return [low, high];
  }

  #scanSums(low: number, high: number, weight: number): Found {
    let gain = 0;
    let best = 0;
    let leftWeight = 0;
    let excess = 0;
    for (let bin = low; bin < high; bin++) {
      const own = this.#weights[bin] ?? 0;
      if (own === 0) continue;
      leftWeight += own;
      excess += this.#sums[bin] ?? 0;
      const rightWeight = weight - leftWeight;
      if (leftWeight < this.#leastRows || rightWeight < this.#leastRows) continue;
      // The deviations of the two sides cancel: the right side's sum is −excess.
      const reached = excess * excess * (1 / leftWeight + 1 / rightWeight);
      if (reached <= gain) continue;
      gain = reached;
      best = bin;
    }
    return { bin: this.#widestMargin(best, high), gain };
  }

  #scanCounts(low: number, high: number, node: NodeRows): Found {
    const channels = this.#channels;
    const below = this.#below.fill(0);
    let gain = 0;
    let best = 0;
    let leftWeight = 0;
    for (let bin = low; bin < high; bin++) {
      const own = this.#weights[bin] ?? 0;
      if (own === 0) continue;
      leftWeight += own;
      let squares = 0;
      for (let c = 0; c < channels; c++) {
        const sum = (below[c] ?? 0) + (this.#sums[bin * channels + c] ?? 0);
        below[c] = sum;
        squares += (sum - leftWeight * (node.means[c] ?? 0)) ** 2;
      }
      const rightWeight = node.weight - leftWeight;
      if (leftWeight < this.#leastRows || rightWeight < this.#leastRows) continue;
      const reached = squares * (1 / leftWeight + 1 / rightWeight);
      if (reached <= gain) continue;
      gain = reached;
      best = bin;
    }
    return { bin: this.#widestMargin(best, high), gain };
  }

  /** Of all cuts that divide the node's rows as the one after `bin` does, the middle one: it has the widest margin. */
  #widestMargin(bin: number, high: number): number {
    let next = bin + 1;
    while (next < high && this.#weights[next] === 0) next++;
    return (bin + next - 1) >>> 1;
  }
}

interface Found {
  readonly bin: number;
  readonly gain: number;
}
