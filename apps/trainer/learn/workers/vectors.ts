/** A vector as the share of a worker. */
export function encodeVector(vector: Float64Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** The vector of a share, or of merged shares. */
export function decodeVector(bytes: Uint8Array): Float64Array {
  // A copy: the bytes of a file need not begin at a multiple of eight.
  return new Float64Array(bytes.slice().buffer);
}

/** Adds vectors up component by component, in the order given: floating-point sums depend on it. */
export function addVectors(shares: readonly Uint8Array[]): Uint8Array {
  const [first, ...others] = shares.map(decodeVector);
  const sum = first ?? new Float64Array();
  for (const other of others) {
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (other[i] ?? 0);
  }
  return encodeVector(sum);
}
