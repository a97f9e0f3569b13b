import { internal } from "../../errors.ts";
import type { Tree } from "./tree.ts";

/**
 * Trees as the share of a worker: how many, then each as its number of nodes, values a node, and its arrays one after
 * the other. Numbers are 4 bytes in the machine's order; columns too, so that every array begins at a multiple of 4.
 */
export function encodeTrees(trees: readonly Tree[]): Uint8Array {
  const parts = trees.flatMap(({ columns, thresholds, left, right, values }) => [
    Uint32Array.of(columns.length, values.length),
    Int32Array.from(columns),
    thresholds,
    left,
    right,
    values,
  ]);
  return concatenate([Uint32Array.of(trees.length), ...parts]);
}

/** The trees of a share, and where in `bytes` they end. */
function decodeTrees(bytes: Uint8Array, start: number): { readonly trees: Tree[]; readonly end: number } {
  let at = start;
  const take = (length: number) => {
    if (at + 4 * length > bytes.byteLength) internal("a share of trees is cut off");
    const { buffer } = bytes.slice(at, at + 4 * length);
    at += 4 * length;
    return buffer;
  };
  const [count = 0] = new Uint32Array(take(1));
  const trees = Array.from({ length: count }, () => {
    const [nodes = 0, values = 0] = new Uint32Array(take(2));
    return {
      columns: Int16Array.from(new Int32Array(take(nodes))),
      thresholds: new Float32Array(take(nodes)),
      left: new Int32Array(take(nodes)),
      right: new Int32Array(take(nodes)),
      values: new Float32Array(take(values)),
    };
  });
  return { trees, end: at };
}

/** The trees of all workers, in the order of their numbers: worker w of n has grown tree w, w + n, w + 2n, … */
export function orderTrees(shares: Uint8Array): Tree[] {
  const byWorker: Tree[][] = [];
  for (let at = 0; at < shares.byteLength; ) {
    const { trees, end } = decodeTrees(shares, at);
    byWorker.push(trees);
    at = end;
  }
  const total = byWorker.reduce((sum, trees) => sum + trees.length, 0);
  return Array.from({ length: total }, (_, index) => {
    const tree = byWorker[index % byWorker.length]?.[Math.floor(index / byWorker.length)];
    return tree ?? internal(`tree ${index} is missing`);
  });
}

/** Shares one after the other. */
export function concatenate(parts: readonly (Uint8Array | Uint32Array | Int32Array | Float32Array)[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return whole;
}
