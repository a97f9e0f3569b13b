import { rowWidth, type Tensor } from "../../model/tensor.ts";

/** Digits after the decimal point, as Triton writes them. */
const DIGITS = 6;

/**
 * The highest elements of each row as texts `value:index`, or `value:index:label`, in descending order: the classification
 * extension of the Open Inference Protocol.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_classification.md
 *
 * @param tensor Numbers.
 * @param classes How many of them; all if a row has fewer.
 * @param batched Whether the first dimension is the batch; otherwise the whole tensor is one row.
 * @param labels Names by index; used if there is one for each element of a row. @default none
 */
export function topClasses(tensor: Tensor, classes: number, batched: boolean, labels: readonly string[] = []): Tensor {
  const { shape, data } = tensor;
  const width = batched ? rowWidth(shape) : data.length;
  const rows = width === 0 ? 0 : data.length / width;
  const count = Math.min(classes, width);
  const texts: string[] = [];
  for (let row = 0; row < rows; row++) {
    const valueAt = (index: number) => Number(data[row * width + index]);
    const indexes = Array.from({ length: width }, (_, index) => index).sort((a, b) =>
      descending(valueAt(a), valueAt(b)),
    );
    for (const index of indexes.slice(0, count)) {
      const value = tensor.datatype.startsWith("FP")
        ? valueAt(index).toFixed(DIGITS)
        : String(data[row * width + index]);
      const label = labels.length === width ? `:${labels[index]}` : "";
      texts.push(`${value}:${index}${label}`);
    }
  }
  return { datatype: "BYTES", shape: batched ? [rows, count] : [count], data: texts };
}

/** NaN comes last. Equal values stay in the order of their indexes, because sorting is stable. */
function descending(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) {
    return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  }
  return a > b ? -1 : a < b ? 1 : 0;
}
