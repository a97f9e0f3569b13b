import { UserError } from "../registry/errors.ts";

/** A source cannot be fetched; the message is one line: the source, what is wrong, and the remedy. */
export class SourceError extends UserError {
  override readonly name = "SourceError";
}

/** A failure that may pass by itself: the connection broke, the server is busy. */
export class TransientError extends SourceError {}
