/** Reports a state that only a bug in this program can cause. Always throws. */
export function internal(message: string): never {
  throw new Error(`trainer bug: ${message}`);
}
