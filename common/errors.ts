/**
 * Something the person at the keyboard can mend: told in one line and exit code 1, never with a stack trace.
 * `what` says what is wrong, `remedy` what to do about it.
 */
export class UserError extends Error {
  readonly what: string;
  readonly remedy: string;

  constructor(what: string, remedy: string) {
    super(`${what}: ${remedy}`);
    this.name = "UserError";
    this.what = what;
    this.remedy = remedy;
  }
}
