import { invalidInput } from "../../http-error.ts";
import type { Tensors } from "../../model/tensor.ts";
import { PROBABILITIES, TRUNCATED } from "../../model/text/text-model.ts";
import { field, join, nameOf } from "../../payload/fields.ts";
import { serializeElement } from "../../payload/serialize.ts";
import { tooLong } from "../../payload/text-limit.ts";
import { classReader } from "./classes.ts";
import { type CreateRequestSchema, onlyInput } from "./only-input.ts";

/**
 * `{text}` → `{text, sentiment, confidence, model, version}`; confidence is the chosen class's score, 0–1. A model with a
 * tokenizer of its own adds `probabilities` by class, and `truncated: true` if it has read only the beginning of the text.
 */
export const textClassification: CreateRequestSchema = (metadata, facts) => {
  const input = onlyInput(metadata);
  if (input.datatype !== "BYTES") {
    throw new Error(`the input of a text-classification model must be BYTES, not ${input.datatype}`);
  }
  const { read: readClass } = classReader(metadata, facts);
  const { name: model, version } = metadata;
  const { labels = [], outputs: specs } = metadata.signature;
  const tokenizes = specs.some(({ name }) => name === TRUNCATED);
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
      const answer = { text: request["text"], sentiment: chosen.label, confidence: score, model, version };
      return tokenizes ? { ...answer, ...readDetails(outputs, from, labels) } : answer;
    },
  };
};

/** What a model with a tokenizer of its own says besides the label. */
function readDetails(outputs: Tensors, row: number, labels: readonly string[]) {
  const tensor = outputs.get(PROBABILITIES);
  const from = row * labels.length;
  const probabilities =
    tensor && Object.fromEntries(labels.map((label, index) => [label, Number(serializeElement(tensor, from + index))]));
  return { probabilities, ...(Number(outputs.get(TRUNCATED)?.data[row]) === 1 && { truncated: true }) };
}

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
