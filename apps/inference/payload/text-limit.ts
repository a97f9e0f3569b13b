import type { Signature } from "../../registry/metadata.ts";
import { invalidInput, type Problem } from "../http-error.ts";

/** Longest text, in characters (code points): the tokeniser holds the event loop for as long as it reads. */
export const MAX_TEXT_LENGTH = 100_000;

/** What is wrong with a text that is too long; undefined where it is not. */
export function lengthProblem(text: string, path: string): Problem | undefined {
  if (text.length <= MAX_TEXT_LENGTH) {
    return undefined;
  }
  const message = `must not be longer than ${MAX_TEXT_LENGTH} characters`;
  // A character is one or two of JavaScript's units; to count them is worth it only where it decides.
  if (text.length > 2 * MAX_TEXT_LENGTH) {
    return invalidInput(path, message);
  }
  const characters = Array.from(text).length;
  return characters > MAX_TEXT_LENGTH ? invalidInput(path, `${message}; it has ${characters}`) : undefined;
}

/**
 * Refuses texts that are too long, where a tokeniser is what they are for.
 *
 * @param pathOf Where a text stands in the body, by its index.
 * @throws Problem 422.
 */
export function checkTexts(texts: readonly string[], { kind }: Signature, pathOf: (index: number) => string): void {
  if (kind !== "text-classification") {
    return;
  }
  for (let index = 0; index < texts.length; index++) {
    const text = texts[index] ?? "";
    const problem = text.length > MAX_TEXT_LENGTH ? lengthProblem(text, pathOf(index)) : undefined;
    if (problem !== undefined) {
      throw problem;
    }
  }
}
