import type { Signature } from "../../registry/metadata.ts";
import { type HttpError, invalidInput } from "../http-error.ts";

/** Longest text, in characters (code points): the tokenizer blocks the event loop while it reads. */
export const MAX_TEXT_LENGTH = 100_000;

/** The error for a text that is too long; undefined if it is not. */
export function tooLong(text: string, path: string): HttpError | undefined {
  if (text.length <= MAX_TEXT_LENGTH) {
    return undefined;
  }
  const message = `must not be longer than ${MAX_TEXT_LENGTH} characters`;
  // A code point is one or two UTF-16 code units: count code points only if that decides.
  if (text.length > 2 * MAX_TEXT_LENGTH) {
    return invalidInput(path, message);
  }
  const characters = Array.from(text).length;
  return characters > MAX_TEXT_LENGTH ? invalidInput(path, `${message}; it has ${characters}`) : undefined;
}

/**
 * Rejects texts that are too long for the tokenizer of a text model.
 *
 * @param pathOf Path of a text in the body, by its index.
 * @throws HttpError 422.
 */
export function checkTexts(texts: readonly string[], { kind }: Signature, pathOf: (index: number) => string): void {
  if (kind !== "text-classification") {
    return;
  }
  for (let index = 0; index < texts.length; index++) {
    const text = texts[index] ?? "";
    const error = text.length > MAX_TEXT_LENGTH ? tooLong(text, pathOf(index)) : undefined;
    if (error !== undefined) {
      throw error;
    }
  }
}
