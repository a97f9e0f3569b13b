/**
 * Rows of cells as text, each column as wide as its longest cell. A row with one cell is a heading and does not widen its column.
 *
 * By hand: the table libraries (cli-table3, columnify) bring borders, colors and wrapping, and these tables need only padding.
 */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows.filter((each) => each.length > 1)) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}
