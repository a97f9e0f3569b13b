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

/** Converts row-major `dense` values [rows, width] to a sparse matrix. */
export function sparseMatrix(dense: Float32Array | Float64Array, width: number): Matrix {
  const rows = dense.length / width;
  const starts = new Uint32Array(rows + 1);
  const columns = new Uint32Array(dense.length);
  const values = new Float64Array(dense.length);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) {
      const value = dense[row * width + column] ?? 0;
      if (value === 0) continue;
      columns[at] = column;
      values[at++] = value;
    }
    starts[row + 1] = at;
  }
  return { rows, width, starts, columns: columns.subarray(0, at), values: values.subarray(0, at) };
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
