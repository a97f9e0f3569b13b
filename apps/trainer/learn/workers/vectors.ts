/** Encodes a vector as the share of a worker. Does not copy it. */
export function encodeVector(vector: Float64Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** Decodes a share, or merged shares. */
export function decodeVector(bytes: Uint8Array): Float64Array {
  // Copied, because a Float64Array must begin at a multiple of eight bytes.
  return new Float64Array(bytes.slice().buffer);
}

/** Adds vectors component by component. The order of the shares matters: floating-point addition is not associative. */
export function addVectors(shares: readonly Uint8Array[]): Uint8Array {
  const [first, ...others] = shares.map(decodeVector);
  const sum = first ?? new Float64Array();
  for (const other of others) {
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (other[i] ?? 0);
  }
  return encodeVector(sum);
}
