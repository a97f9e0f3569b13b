import type { TabularColumns } from "../learn/tabular/columns.ts";
import { floatOutput, onnxRuntime, openSession } from "./session.ts";

/** Rows per run of the graph. */
const BLOCK = 1024;

/** Runs rows of a table through an exported tabular graph; returns probabilities or predictions, row-major. */
export async function runTabular(
  graph: Uint8Array,
  columns: TabularColumns,
  rows: readonly number[],
): Promise<Float32Array> {
  const { Tensor } = await onnxRuntime();
  const session = await openSession(graph);
  const width = columns.numbers.length + columns.words.length;
  const blocks: Float32Array[] = [];
  for (let from = 0; from < rows.length; from += BLOCK) {
    const block = rows.slice(from, from + BLOCK);
    const shape = [block.length, width];
    const features =
      columns.words.length > 0
        ? new Tensor(
            "string",
            block.flatMap((row) => textRow(columns, row)),
            shape,
          )
        : new Tensor("float32", Float32Array.from(block.flatMap((row) => numberRow(columns, row))), shape);
    const outputs = await session.run({ features });
    blocks.push(floatOutput(outputs, "probabilities" in outputs ? "probabilities" : "prediction").values);
  }
  await session.release();
  const all = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    all.set(block, at);
    at += block.length;
  }
  return all;
}

function numberRow(columns: TabularColumns, row: number): number[] {
  return columns.numbers.map((column) => column[row] ?? Number.NaN);
}

function textRow(columns: TabularColumns, row: number): string[] {
  const numbers = numberRow(columns, row).map((value) => (Number.isNaN(value) ? "" : String(value)));
  return [...numbers, ...columns.words.map((column) => column[row] ?? "")];
}
