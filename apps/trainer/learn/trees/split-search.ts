import { type BinnedColumns, binOfCode } from "./bins.ts";

/** Training data of a tree: binned columns and one target per row. */
export interface TreeData {
  readonly columns: BinnedColumns;
  /** The number to predict, or the class (0 … classes − 1), by row. */
  readonly targets: Float64Array;
  /** Number of classes; 0 for a regression. */
  readonly classes: number;
}

/** The best cut found for a node: rows whose code in `column` is at most `code` go left. */
export interface Split {
  readonly column: number;
  readonly code: number;
  /** The same cut as a value of the column. */
  readonly threshold: number;
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
/** Nodes of at most this many rows are sorted, which takes less time than a histogram. */
const SORTED_ROWS = 32;
/** Maximum number of buckets of a histogram, for nodes of fewer rows than `MANY_ROWS` and for the others. */
const BUCKETS = 256;
const MOST_BUCKETS = 512;
const MANY_ROWS = 1024;

/**
 * Finds splits. The gain of a split is the decrease of the squared error for a regression, of the Gini impurity for a
 * classification (Breiman et al., Classification and Regression Trees, 1984). Both equal Σ sum² / weight over the two sides,
 * where `sum` is the side's sum of deviations from the node's mean, with one sum per class for a classification.
 *
 * All cuts of a node are compared if it has few rows, or if its rows lie within a few hundred codes. Otherwise neighboring codes
 * share a bucket of a histogram over the node's own range of codes, so that the search becomes finer with every split. The
 * buffers are reused for every node.
 */
export class SplitSearch {
  readonly #data: TreeData;
  readonly #channels: number;
  readonly #leastRows: number;
  readonly #weights = new Float64Array(MOST_BUCKETS);
  readonly #sums: Float64Array;
  readonly #below: Float64Array;
  /** Code × SORTED_ROWS + position, ascending. */
  readonly #sorted = new Int32Array(SORTED_ROWS);

  /** @param leastRows minimum weight of each side of a split */
  constructor(data: TreeData, leastRows: number) {
    this.#data = data;
    this.#channels = Math.max(1, data.classes);
    this.#leastRows = leastRows;
    this.#sums = new Float64Array(MOST_BUCKETS * this.#channels);
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
    const small = node.to - node.from <= SORTED_ROWS;
    let best: Found = { gain: node.impurity * LEAST_GAIN, below: -1, above: -1, shift: 0 };
    let column = -1;
    for (let i = 0; i < candidateCount; i++) {
      const candidate = candidates[i] ?? 0;
      if (this.#data.columns.cuts[candidate]?.length === 0) continue;
      const { low, buckets, shift } = small
        ? this.#sort(candidate, order, counts, node)
        : this.#fill(candidate, order, counts, node);
      const found = this.#data.classes === 0 ? this.#scanSums(buckets, node.weight) : this.#scanCounts(buckets, node);
      if (found.gain <= best.gain) continue;
      best = small
        ? { ...found, below: this.#codeAt(found.below), above: this.#codeAt(found.above), shift }
        : { ...found, below: low + (found.below << shift), above: low + (found.above << shift), shift };
      column = candidate;
    }
    return column < 0 ? undefined : this.#cut(column, order, node, best);
  }

  /** Fills the histogram of a column over the codes that the node's rows have, 2^shift codes to a bucket. */
  #fill(column: number, order: Uint32Array, counts: Uint16Array, node: NodeRows): Histogram {
    const { columns, targets, classes } = this.#data;
    const { codes, rows } = columns;
    const weights = this.#weights;
    const sums = this.#sums;
    const channels = this.#channels;
    const base = column * rows;
    let low = 65_535;
    let high = 0;
    for (let i = node.from; i < node.to; i++) {
      const code = codes[base + (order[i] ?? 0)] ?? 0;
      if (code < low) low = code;
      if (code > high) high = code;
    }
    const most = node.to - node.from < MANY_ROWS ? BUCKETS : MOST_BUCKETS;
    let shift = 0;
    while ((high - low) >> shift >= most) shift++;
    const buckets = ((high - low) >> shift) + 1;
    weights.fill(0, 0, buckets);
    sums.fill(0, 0, buckets * channels);
    const mean = node.means[0] ?? 0;
    for (let i = node.from; i < node.to; i++) {
      const row = order[i] ?? 0;
      const bucket = ((codes[base + row] ?? 0) - low) >> shift;
      const count = counts[row] ?? 0;
      const target = targets[row] ?? 0;
      weights[bucket] = (weights[bucket] ?? 0) + count;
      const at = classes === 0 ? bucket : bucket * channels + target;
      sums[at] = (sums[at] ?? 0) + (classes === 0 ? count * (target - mean) : count);
    }
    return { low, buckets, shift };
  }

  /** Sorts the node's few rows by their code in a column; each different code gets a bucket. */
  #sort(column: number, order: Uint32Array, counts: Uint16Array, node: NodeRows): Histogram {
    const { columns, targets, classes } = this.#data;
    const { codes, rows } = columns;
    const sorted = this.#sorted;
    const channels = this.#channels;
    const size = node.to - node.from;
    for (let i = 0; i < size; i++) {
      const key = (codes[column * rows + (order[node.from + i] ?? 0)] ?? 0) * SORTED_ROWS + i;
      let at = i;
      for (; at > 0 && (sorted[at - 1] ?? 0) > key; at--) sorted[at] = sorted[at - 1] ?? 0;
      sorted[at] = key;
    }
    const mean = node.means[0] ?? 0;
    let bucket = -1;
    let code = -1;
    for (let i = 0; i < size; i++) {
      const key = sorted[i] ?? 0;
      const row = order[node.from + (key % SORTED_ROWS)] ?? 0;
      const own = Math.floor(key / SORTED_ROWS);
      if (own !== code) {
        bucket++;
        code = own;
        this.#weights[bucket] = 0;
        this.#sums.fill(0, bucket * channels, (bucket + 1) * channels);
        // Reuses the sorted list: no more than one code per row has been read.
        sorted[bucket] = key;
      }
      const count = counts[row] ?? 0;
      const target = targets[row] ?? 0;
      this.#weights[bucket] = (this.#weights[bucket] ?? 0) + count;
      const at = classes === 0 ? bucket : bucket * channels + target;
      this.#sums[at] = (this.#sums[at] ?? 0) + (classes === 0 ? count * (target - mean) : count);
    }
    return { low: 0, buckets: bucket + 1, shift: 0 };
  }

  /** The code of a bucket of sorted rows. */
  #codeAt(bucket: number): number {
    return Math.floor((this.#sorted[bucket] ?? 0) / SORTED_ROWS);
  }

  #scanSums(buckets: number, weight: number): Scan {
    let gain = 0;
    let best = 0;
    let leftWeight = 0;
    let excess = 0;
    for (let bucket = 0; bucket < buckets - 1; bucket++) {
      const own = this.#weights[bucket] ?? 0;
      if (own === 0) continue;
      leftWeight += own;
      excess += this.#sums[bucket] ?? 0;
      const rightWeight = weight - leftWeight;
      if (leftWeight < this.#leastRows || rightWeight < this.#leastRows) continue;
      // The deviations of the two sides cancel: the right side's sum is −excess.
      const reached = excess * excess * (1 / leftWeight + 1 / rightWeight);
      if (reached <= gain) continue;
      gain = reached;
      best = bucket;
    }
    return { below: best, above: this.#nextFilled(best, buckets), gain };
  }

  #scanCounts(buckets: number, node: NodeRows): Scan {
    const channels = this.#channels;
    const below = this.#below.fill(0);
    let gain = 0;
    let best = 0;
    let leftWeight = 0;
    for (let bucket = 0; bucket < buckets - 1; bucket++) {
      const own = this.#weights[bucket] ?? 0;
      if (own === 0) continue;
      leftWeight += own;
      let squares = 0;
      for (let c = 0; c < channels; c++) {
        const sum = (below[c] ?? 0) + (this.#sums[bucket * channels + c] ?? 0);
        below[c] = sum;
        squares += (sum - leftWeight * (node.means[c] ?? 0)) ** 2;
      }
      const rightWeight = node.weight - leftWeight;
      if (leftWeight < this.#leastRows || rightWeight < this.#leastRows) continue;
      const reached = squares * (1 / leftWeight + 1 / rightWeight);
      if (reached <= gain) continue;
      gain = reached;
      best = bucket;
    }
    return { below: best, above: this.#nextFilled(best, buckets), gain };
  }

  #nextFilled(bucket: number, buckets: number): number {
    let next = bucket + 1;
    while (next < buckets - 1 && this.#weights[next] === 0) next++;
    return next;
  }

  /** Of all cuts that divide the node's rows in the same way, takes the middle one: it has the widest margin. */
  #cut(column: number, order: Uint32Array, node: NodeRows, { below, above, shift }: Found): Split {
    const { codes, rows, binCodes, cuts } = this.#data.columns;
    let left = below;
    let right = above;
    if (shift > 0) {
      // The buckets that the cut lies between, exactly: the greatest code of the one and the least of the other.
      const end = below + (1 << shift);
      left = 0;
      right = 65_535;
      for (let i = node.from; i < node.to; i++) {
        const code = codes[column * rows + (order[i] ?? 0)] ?? 0;
        if (code < end) left = Math.max(left, code);
        else right = Math.min(right, code);
      }
    }
    const bins = binCodes[column] ?? new Uint16Array();
    const bin = (binOfCode(bins, left) + binOfCode(bins, right) - 1) >>> 1;
    return { column, code: bins[bin] ?? 0, threshold: cuts[column]?.[bin] ?? 0 };
  }
}

interface Histogram {
  /** Code at which the first bucket begins. */
  readonly low: number;
  readonly buckets: number;
  readonly shift: number;
}

/** The best cut of a histogram: the numbers of the filled buckets below and above it. */
interface Scan {
  readonly below: number;
  readonly above: number;
  readonly gain: number;
}

/** The best cut of a node; `below` and `above` are the codes at which the buckets begin. */
interface Found extends Scan {
  readonly shift: number;
}
