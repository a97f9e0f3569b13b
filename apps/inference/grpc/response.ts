import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Model } from "../model/model.ts";
import type { Tensors } from "../model/tensor.ts";
import { encode } from "../payload/binary.ts";
import { requestedTensor } from "../protocols/v2/protocol.ts";
import type { RequestedOutput } from "../protocols/v2/tensors.ts";

/** Several times as fast as the default, TextEncoder. */
const encodeUtf8 = (text: string) => Buffer.from(text);

/**
 * Serializes a `ModelInferResponse`. The tensors are raw, as Triton sends them: every client reads that, and it needs no
 * conversion.
 */
export function writeInferResponse(
  model: Model,
  id: string,
  requested: readonly RequestedOutput[],
  outputs: Tensors,
): Buffer {
  const { name, version } = model.metadata;
  const writer = new BinaryWriter(encodeUtf8);
  writer.tag(1, WireType.LengthDelimited).string(name);
  writer.tag(2, WireType.LengthDelimited).string(version);
  if (id !== "") {
    writer.tag(3, WireType.LengthDelimited).string(id);
  }
  const raw: Buffer[] = [];
  for (const output of requested) {
    const { datatype, shape, data } = requestedTensor(output, model, outputs);
    writer.tag(5, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(output.name);
    writer.tag(2, WireType.LengthDelimited).string(datatype);
    if (shape.length > 0) {
      writer.tag(3, WireType.LengthDelimited).fork();
      for (const size of shape) {
        writer.int64(size);
      }
      writer.join();
    }
    writer.join();
    raw.push(encode(data));
  }
  for (const bytes of raw) {
    writer.tag(6, WireType.LengthDelimited).bytes(bytes);
  }
  const { buffer, byteOffset, byteLength } = writer.finish();
  return Buffer.from(buffer, byteOffset, byteLength);
}
