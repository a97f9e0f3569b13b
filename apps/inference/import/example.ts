import type { Datatype, TensorSpec } from "../../registry/metadata.ts";
import type { Model } from "../model/model.ts";
import { elementCount } from "../model/tensor.ts";
import { exampleOf, MAX_EXAMPLE_ELEMENTS } from "../openapi/request-schemas.ts";

/** A request that a model answers. */
export interface ExampleRequest {
  readonly path: string;
  readonly body: unknown;
}

/** Number to fill an example with. */
type Filler = 0 | 1;

/**
 * A request for a model: by the names of its inputs if `/predict` takes it, otherwise with tensors.
 *
 * @param size Size of the inner dimensions that are open.
 * @returns undefined if it would be too long for a command line
 */
export function exampleRequest(
  { metadata: { name, signature }, batched }: Pick<Model, "metadata" | "batched">,
  byName: boolean,
  size: number,
  filler: Filler,
): ExampleRequest | undefined {
  const inputs = signature.inputs.map((input) => ({ ...input, shape: sizesOf(input, batched, size) }));
  if (inputs.reduce((sum, { shape }) => sum + elementCount(shape), 0) > MAX_EXAMPLE_ELEMENTS) return undefined;
  if (byName) {
    const rows = inputs.map((input) => [input.name, rowOf(input, filler)]);
    return { path: `/models/${name}/predict`, body: Object.fromEntries(rows) };
  }
  const tensors = inputs.map(({ name, datatype, shape }) => {
    const data = new Array(elementCount(shape)).fill(fillerOf(datatype, filler));
    return { name, shape, datatype, data };
  });
  return { path: `/v2/models/${name}/infer`, body: { inputs: tensors } };
}

/** The command that sends a request to a server on this machine. */
export function curlCommand({ path, body }: ExampleRequest): string {
  const json = JSON.stringify(body).replaceAll("'", "'\\''");
  return `curl --silent --fail-with-body http://127.0.0.1:8080${path} --json '${json}'`;
}

function sizesOf({ shape }: TensorSpec, batched: boolean, size: number): number[] {
  return shape.map((one, axis) => (one !== -1 ? one : axis === 0 && batched ? 1 : size));
}

/** A row of one element is that element. */
function rowOf({ datatype, shape }: TensorSpec, filler: Filler): unknown {
  const value = fillerOf(datatype, filler);
  return shape.length === 2 && shape[1] === 1 ? value : exampleOf(shape.slice(1), value);
}

function fillerOf(datatype: Datatype, filler: Filler): unknown {
  return datatype === "BYTES" ? "a text" : datatype === "BOOL" ? filler === 1 : filler;
}
