import type { ModelMetadata, TensorSpec } from "../../../registry/metadata.ts";
import { invalidInput } from "../../http-error.ts";
import type { Model } from "../../model/model.ts";
import { arrayOf, elementCount, type Tensor } from "../../model/tensor.ts";
import { decode } from "../../payload/binary.ts";
import { decodeText } from "../../payload/text.ts";
import { checkTexts } from "../../payload/text-limit.ts";

/**
 * Reads a request without JSON, as Triton accepts it: the body is the data of the only input, of one row if the model is
 * batched, and its length gives the size that the signature leaves open. For BYTES it is one text without a length before it.
 *
 * @throws HttpError 422 if there are several inputs or open sizes, or the bytes do not fit the shape.
 */
export function readRaw(bytes: Buffer, { metadata, batched }: Model): readonly [string, Tensor] {
  const input = onlyInput(metadata);
  const { name, datatype } = input;
  const sizes = batched ? [1, ...input.shape.slice(1)] : [...input.shape];
  const open = sizes.indexOf(-1);
  const known = elementCount(sizes.filter((size) => size !== -1));
  if (sizes.lastIndexOf(-1) !== open) {
    throw invalidInput("", `without JSON the shape of "${name}" is not known: more than one of its sizes is open`);
  }
  if (datatype === "BYTES") {
    if (open >= 0 || known !== 1) {
      throw invalidInput("", `without JSON the body is one text; "${name}" has the shape [${input.shape}]`);
    }
    const texts = [decodeText(bytes, "")];
    checkTexts(texts, metadata.signature, () => "");
    return [name, { datatype, shape: sizes, data: texts }];
  }
  const width = known * arrayOf(datatype).BYTES_PER_ELEMENT;
  const shape = sizes.map((size) => (size === -1 && width > 0 ? Math.floor(bytes.length / width) : size));
  const length = elementCount(shape);
  return [name, { datatype, shape, data: decode(datatype, bytes, length, "") }];
}

function onlyInput({ signature: { inputs } }: ModelMetadata): TensorSpec {
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) {
    const message = `without JSON (Inference-Header-Content-Length: 0) the model must have one input; it has ${inputs.length}`;
    throw invalidInput("", message);
  }
  return input;
}
