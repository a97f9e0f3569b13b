/**
 * A sparse matrix by rows (CSR): row i has the values `values[k]` in the columns `columns[k]` for k from
 * `starts[i]` up to, not including, `starts[i + 1]`.
 */
export interface Matrix {
  readonly rows: number;
  readonly width: number;
  readonly starts: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Float64Array;
}

/** Collects dense blocks of rows into a sparse matrix, so that a dense one never has to fit in memory. */
export class MatrixBuilder {
  readonly #width: number;
  readonly #starts: number[] = [0];
  readonly #columns: number[] = [];
  readonly #values: number[] = [];

  constructor(width: number) {
    this.#width = width;
  }

  /** Adds the rows of a row-major block whose length is a multiple of the width. */
  addRows(block: ArrayLike<number>): void {
    for (let offset = 0; offset < block.length; offset += this.#width) {
      for (let column = 0; column < this.#width; column++) {
        const value = block[offset + column] ?? 0;
        if (value === 0) continue;
        this.#columns.push(column);
        this.#values.push(value);
      }
      this.#starts.push(this.#columns.length);
    }
  }

  build(): Matrix {
    return {
      rows: this.#starts.length - 1,
      width: this.#width,
      starts: Uint32Array.from(this.#starts),
      columns: Uint32Array.from(this.#columns),
      values: Float64Array.from(this.#values),
    };
  }
}

/** The given rows of a matrix, in the given order. */
export function selectRows(matrix: Matrix, rows: readonly number[]): Matrix {
  const starts = new Uint32Array(rows.length + 1);
  rows.forEach((row, position) => {
    starts[position + 1] = (starts[position] ?? 0) + (matrix.starts[row + 1] ?? 0) - (matrix.starts[row] ?? 0);
  });
  const size = starts[rows.length] ?? 0;
  const columns = new Uint32Array(size);
  const values = new Float64Array(size);
  rows.forEach((row, position) => {
    const from = matrix.starts[row];
    const to = matrix.starts[row + 1];
    columns.set(matrix.columns.subarray(from, to), starts[position]);
    values.set(matrix.values.subarray(from, to), starts[position]);
  });
  return { rows: rows.length, width: matrix.width, starts, columns, values };
}
