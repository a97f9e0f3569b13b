import { rowWidth, type Tensor, type Tensors } from "../model/tensor.ts";

/**
 * Most characters of one batch of texts, counting each text as long as the longest, because graphs pad their tokens to it.
 * Without this limit one long text would slow down a whole batch of short ones, and a batch of long ones would block the
 * event loop.
 */
export const MAX_PADDED_CHARACTERS = 262_144;

/** A range of consecutive rows, and the length of their longest text in characters; 0 if they hold no texts. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly longest: number;
}

/** Which rows may share a run. */
export interface Limits {
  /** Whether this number of rows may be one batch if their longest text has `longest` characters; a single row always may. */
  allow(rows: number, longest: number): boolean;
  /** Splits the rows of a request into pieces that each fit one run: as few as possible without reordering rows. */
  pieces(inputs: Tensors, rows: number): Piece[];
  /** Records a run: its rows, and its duration in milliseconds. */
  ran(rows: number, ms: number): void;
}

/** For a model whose rows are not independent: each request is one run, whatever its size. */
export const UNBATCHED: Limits = {
  allow: () => false,
  pieces: (_inputs, rows) => [{ from: 0, to: rows, longest: 0 }],
  ran: () => undefined,
};

/**
 * Longest run that may have more rows than a slow model's, in milliseconds. Until then a run mostly costs what it costs however
 * few its rows are; longer runs would make other requests wait.
 */
const SHORT_MS = 1;

/** Limits the rows of a run, and the padded length of its texts. */
export class BatchLimits implements Limits {
  readonly #slowRows: number;
  readonly #mostRows: number;
  #maxRows: number;

  /**
   * @param slowRows Most rows in one run of a slow model; the first runs of every model are limited to it.
   * @param mostRows Most rows in one run while runs take less than a millisecond. @default slowRows
   */
  constructor(slowRows: number, mostRows = slowRows) {
    this.#slowRows = Math.min(slowRows, mostRows);
    this.#mostRows = mostRows;
    this.#maxRows = this.#slowRows;
  }

  ran(rows: number, ms: number): void {
    if (ms > SHORT_MS) {
      this.#maxRows = Math.max(this.#slowRows, Math.floor(this.#maxRows / 2));
    } else if (ms < SHORT_MS / 2 && 2 * rows > this.#maxRows) {
      this.#maxRows = Math.min(this.#mostRows, 2 * this.#maxRows);
    }
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

/** Length of a row's longest text, in characters. */
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
