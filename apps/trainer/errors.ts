/** Something the user can mend: shown as one line, without a stack trace. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** For what cannot happen unless this program is wrong. Always throws. */
export function internal(message: string): never {
  throw new Error(`trainer bug: ${message}`);
}
