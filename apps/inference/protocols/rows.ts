import { HttpError } from "../http-error.ts";
import type { Tensors } from "../model/tensor.ts";

/**
 * Checks that each row of the request has a row of each output.
 *
 * @throws HttpError 422 if an output has other rows, as of detected boxes: only tensors can represent it.
 */
export function assertOwnRows(outputs: Tensors, rows: number, model: string): void {
  for (const [name, { shape }] of outputs) {
    if (shape[0] !== rows) {
      const message = `output "${name}" has the shape [${shape}] for a request of ${rows} rows, which only tensors can represent`;
      throw new HttpError(422, "not_by_row", `${message}: POST /v2/models/${model}/infer`);
    }
  }
}
