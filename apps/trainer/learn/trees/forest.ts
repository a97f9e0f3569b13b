import { randomSource } from "../random.ts";
import { SplitSearch, type TreeData } from "./split-search.ts";
import { leafOf, type Tree, TreeBuilder } from "./tree.ts";

export interface TreeOptions {
  /** Maximum depth of a tree; 0 for no limit. */
  readonly maxDepth: number;
  /** Minimum number of sampled rows, repetitions included, in a leaf. */
  readonly minLeafRows: number;
  /** Number of columns drawn at random as candidates for each split. */
  readonly columnsPerSplit: number;
}

/** Trees whose predictions are averaged. */
export interface Forest {
  readonly trees: readonly Tree[];
  /** Number of features in a row. */
  readonly width: number;
  /** Values per leaf: 1 for a regression, the number of classes for a classification. */
  readonly outputs: number;
}

/**
 * Grows tree number `index` of a random forest (Breiman, Random Forests, Machine Learning 45, 2001) on a bootstrap sample
 * of the rows, with new candidate columns for each split. The result depends only on the arguments, so any worker can
 * grow any tree of a forest.
 */
export function trainTree(data: TreeData, options: TreeOptions, seed: number, index: number): Tree {
  const random = randomSource(treeSeed(seed, index));
  const { rows, width, codes } = data.columns;
  const outputs = Math.max(1, data.classes);
  const counts = new Uint16Array(rows);
  for (let draw = 0; draw < rows; draw++) {
    const row = Math.floor(random() * rows);
    counts[row] = (counts[row] ?? 0) + 1;
  }
  const order = Uint32Array.from(counts.keys()).filter((row) => (counts[row] ?? 0) > 0);
  const aside = new Uint32Array(order.length);
  const search = new SplitSearch(data, options.minLeafRows);
  const candidates = Uint16Array.from({ length: width }, (_, column) => column);
  const builder = new TreeBuilder(outputs);

  const addNode = (from: number, to: number, depth: number) => {
    const rowsOfNode = search.describe(order, from, to, counts);
    return { ...rowsOfNode, depth, number: builder.add(rowsOfNode.means) };
  };
  const pending = [addNode(0, order.length, 0)];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const { from, to, depth } = node;
    if (node.weight < 2 * options.minLeafRows || (options.maxDepth > 0 && depth >= options.maxDepth)) continue;
    if (to - from < 2 || node.impurity === 0) continue;
    drawFirst(candidates, options.columnsPerSplit, random);
    const split = search.best(order, counts, node, candidates, options.columnsPerSplit);
    if (!split) continue;
    const middle = partition(order, aside, from, to, codes, split.column * rows, split.code);
    const left = addNode(from, middle, depth + 1);
    const right = addNode(middle, to, depth + 1);
    builder.split(node.number, split.column, split.threshold, left.number, right.number);
    pending.push(right, left);
  }
  return builder.build();
}

/**
 * Predictions for row-major features: row-major [rows, outputs], the means over the trees. They are summed in float32, tree
 * by tree, as in ONNX Runtime.
 */
export function predictForest(forest: Forest, features: Float32Array): Float32Array {
  const { trees, width, outputs } = forest;
  const rows = features.length / width;
  const answers = new Float32Array(rows * outputs);
  for (const tree of trees) {
    for (let row = 0; row < rows; row++) {
      const leaf = leafOf(tree, features, row * width) * outputs;
      for (let k = 0; k < outputs; k++) {
        const at = row * outputs + k;
        answers[at] = (answers[at] ?? 0) + (tree.values[leaf + k] ?? 0);
      }
    }
  }
  return answers.map((sum) => sum / trees.length);
}

/** Mixes seed and tree number, so that forests with consecutive seeds share no trees. */
function treeSeed(seed: number, index: number): number {
  return (Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;
}

/** Partial Fisher–Yates shuffle: the first `count` columns become a random sample of all. */
function drawFirst(columns: Uint16Array, count: number, random: () => number): void {
  if (count >= columns.length) return;
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random() * (columns.length - i));
    const drawn = columns[j] ?? 0;
    columns[j] = columns[i] ?? 0;
    columns[i] = drawn;
  }
}

/** Moves the rows whose code is at most `code` to the front, keeping the order on both sides; returns where the others begin. */
function partition(
  order: Uint32Array,
  aside: Uint32Array,
  from: number,
  to: number,
  codes: Uint16Array,
  base: number,
  code: number,
): number {
  let middle = from;
  let others = 0;
  for (let i = from; i < to; i++) {
    const row = order[i] ?? 0;
    if ((codes[base + row] ?? 0) <= code) order[middle++] = row;
    else aside[others++] = row;
  }
  order.set(aside.subarray(0, others), middle);
  return middle;
}
