/** The key of an entry of `TensorProto.external_data`, as protobuf writes it, and the tag of that field two bytes before. */
const KEY = Buffer.from("\x0a\x08location\x12");
const FIELD = 0x6a;

/**
 * Whether some of a graph's weights are in files of their own. ONNX Runtime would read them from the working directory,
 * and nobody has checked what they are.
 */
export function hasExternalData(graph: Uint8Array): boolean {
  const bytes = Buffer.from(graph.buffer, graph.byteOffset, graph.byteLength);
  for (let at = bytes.indexOf(KEY); at >= 0; at = bytes.indexOf(KEY, at + 1)) {
    if (bytes[at - 2] === FIELD) {
      return true;
    }
  }
  return false;
}
