import { rowWidth, type Tensor, type Tensors } from "../model/tensor.ts";

/**
 * Most characters of one batch of texts, counting each as long as the longest: a graph pads its token table so. Without
 * this bound one long text would make 63 short ones as slow as itself (measured: 140 ms where 13 + 8 would do), and 64
 * long ones would hold the event loop for most of a second.
 */
export const MAX_PADDED_CHARACTERS = 262_144;

/** A run of consecutive rows and the longest text among them, in characters; 0 where there are none but numbers. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly longest: number;
}

/** What may run together. */
export interface Limits {
  /** Whether rows of which the longest text has `longest` characters may be one batch; a row alone always may. */
  allow(rows: number, longest: number): boolean;
  /** Splits the rows of a request into pieces that may each run at once, as few as their order lets it. */
  pieces(inputs: Tensors, rows: number): Piece[];
}

/** For a model whose rows are not each a matter of their own: one whole request a run, however long. */
export const ALONE: Limits = {
  allow: () => false,
  pieces: (_inputs, rows) => [{ from: 0, to: rows, longest: 0 }],
};

/** Runs of so many rows at most, and of no more text than can be padded. */
export class BatchLimits implements Limits {
  readonly #maxRows: number;

  /** @param maxRows Most rows in one run of the model. */
  constructor(maxRows: number) {
    this.#maxRows = maxRows;
  }

  allow(rows: number, longest: number): boolean {
    return rows <= this.#maxRows && (rows === 1 || rows * longest <= MAX_PADDED_CHARACTERS);
  }

  pieces(inputs: Tensors, rows: number): Piece[] {
    const texts = [...inputs.values()].filter(({ data }) => Array.isArray(data));
    if (texts.length === 0 && this.allow(rows, 0)) {
      return [{ from: 0, to: rows, longest: 0 }];
    }
    const pieces: Piece[] = [];
    let from = 0;
    let longest = 0;
    for (let row = 0; row < rows; row++) {
      const length = lengthOf(texts, row);
      const withRow = Math.max(longest, length);
      if (row > from && !this.allow(row + 1 - from, withRow)) {
        pieces.push({ from, to: row, longest });
        from = row;
        longest = length;
      } else {
        longest = withRow;
      }
    }
    pieces.push({ from, to: rows, longest });
    return pieces;
  }
}

/** Characters of a row's longest text. */
function lengthOf(texts: readonly Tensor[], row: number): number {
  let longest = 0;
  for (const { data, shape } of texts) {
    const width = rowWidth(shape);
    for (let index = row * width; index < (row + 1) * width; index++) {
      longest = Math.max(longest, String(data[index] ?? "").length);
    }
  }
  return longest;
}
