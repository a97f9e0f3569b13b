/** A problem that the user can fix. Commands print its one-line message and exit with code 1, without a stack trace. */
export class UserError extends Error {
  /** What is wrong. */
  readonly what: string;
  /** What to do about it. */
  readonly remedy: string;

  constructor(what: string, remedy: string) {
    super(`${what}: ${remedy}`);
    this.name = "UserError";
    this.what = what;
    this.remedy = remedy;
  }
}

/** The message of an error, or whatever else was thrown, as text. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The last line of a text, which is where most programs say why they failed. Empty for an empty text. */
export function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
