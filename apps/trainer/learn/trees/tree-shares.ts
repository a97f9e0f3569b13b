import { internal } from "../../errors.ts";
import type { Tree } from "./tree.ts";

/**
 * Encodes trees as the share of a worker: the number of trees, then for each tree its number of nodes, its number of
 * values, and its arrays. All numbers have 4 bytes in the machine's byte order, so that every array is aligned.
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

/** Decodes the trees of the share that begins at `start`, and returns where it ends. */
function decodeTrees(bytes: Uint8Array, start: number): { readonly trees: Tree[]; readonly end: number } {
  let at = start;
  const take = (length: number) => {
    if (at + 4 * length > bytes.byteLength) internal("a share of trees is truncated");
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

/** Decodes the shares of all workers into one list by tree number: worker w of n grew the trees w, w + n, w + 2n, … */
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

/** Concatenates the bytes of all parts. */
export function concatenate(parts: readonly (Uint8Array | Uint32Array | Int32Array | Float32Array)[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return whole;
}
