/** A binary decision tree; node 0 is the root. One array per property, indexed by node, so that it is cheap to serialize. */
export interface Tree {
  /** Column that a node compares; −1 for a leaf. */
  readonly columns: Int16Array;
  /** A row goes left if its value is at most this. */
  readonly thresholds: Float32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** Prediction of each node, row-major [nodes, outputs]: the mean target, or the shares of the classes. */
  readonly values: Float32Array;
}

/** Builds a tree node by node. */
export class TreeBuilder {
  readonly #outputs: number;
  readonly #columns: number[] = [];
  readonly #thresholds: number[] = [];
  readonly #left: number[] = [];
  readonly #right: number[] = [];
  readonly #values: number[] = [];

  constructor(outputs: number) {
    this.#outputs = outputs;
  }

  /** Adds a leaf with these values; returns its number. */
  add(values: ArrayLike<number>): number {
    this.#columns.push(-1);
    this.#thresholds.push(0);
    this.#left.push(-1);
    this.#right.push(-1);
    for (let output = 0; output < this.#outputs; output++) this.#values.push(values[output] ?? 0);
    return this.#columns.length - 1;
  }

  split(node: number, column: number, threshold: number, left: number, right: number): void {
    this.#columns[node] = column;
    this.#thresholds[node] = threshold;
    this.#left[node] = left;
    this.#right[node] = right;
  }

  build(): Tree {
    return {
      columns: Int16Array.from(this.#columns),
      thresholds: Float32Array.from(this.#thresholds),
      left: Int32Array.from(this.#left),
      right: Int32Array.from(this.#right),
      values: Float32Array.from(this.#values),
    };
  }
}

/** Number of the leaf that the row of `features` beginning at `offset` ends in. */
export function leafOf(tree: Tree, features: Float32Array, offset: number): number {
  let node = 0;
  for (;;) {
    const column = tree.columns[node] ?? -1;
    if (column < 0) return node;
    const goesLeft = (features[offset + column] ?? 0) <= (tree.thresholds[node] ?? 0);
    node = (goesLeft ? tree.left[node] : tree.right[node]) ?? 0;
  }
}
