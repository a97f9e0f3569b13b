/**
 * Frees the memory of a buffer that nothing uses any more, unless it shares that memory with others. Left to the garbage
 * collector, the bodies of thousands of requests would be freed at once, in long pauses.
 */
export function freeBuffer({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) {
    buffer.transfer(0);
  }
}
