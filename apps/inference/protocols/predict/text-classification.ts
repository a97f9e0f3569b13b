import { invalidInput } from "../../http-error.ts";
import { field, join, nameOf } from "../../payload/fields.ts";
import { tooLong } from "../../payload/text-limit.ts";
import { classReader } from "./classes.ts";
import { type CreateRequestSchema, onlyInput } from "./only-input.ts";

/** `{text}` → `{text, sentiment, confidence, model, version}`; confidence is the chosen class's score, 0–1. */
export const textClassification: CreateRequestSchema = (metadata, facts) => {
  const input = onlyInput(metadata);
  if (input.datatype !== "BYTES") {
    throw new Error(`the input of a text-classification model must be BYTES, not ${input.datatype}`);
  }
  const { read: readClass } = classReader(metadata, facts);
  const { name: model, version } = metadata;
  return {
    input,
    sample: ["warm-up"],
    read(request, path, values) {
      values.push(asText(field(request, "text", path), join(path, "text")));
      return 1;
    },
    serialize(request, outputs, from) {
      const chosen = readClass(outputs, from);
      const score = chosen.score();
      if (score === undefined) {
        throw new Error("the model has no output with scores, which confidence is taken from");
      }
      return { text: request["text"], sentiment: chosen.label, confidence: score, model, version };
    },
  };
};

function asText(value: unknown, path: string): string {
  if (typeof value !== "string") {
    throw invalidInput(path, `must be a string, not ${nameOf(value)}`);
  }
  if (value.trim() === "") {
    throw invalidInput(path, "must not be blank");
  }
  const error = tooLong(value, path);
  if (error !== undefined) {
    throw error;
  }
  // The tokenizer needs valid UTF-8, so no lone surrogates; at NUL the binding would truncate the text.
  return value.toWellFormed().replaceAll("\0", " ");
}
