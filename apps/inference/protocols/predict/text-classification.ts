import { invalidInput } from "../../http-error.ts";
import { type FormOf, field, join, nameOf, onlyInput } from "../../payload/request-schema.ts";
import { lengthProblem } from "../../payload/text-limit.ts";
import { choiceReader } from "./classes.ts";

/** `{text}` → `{text, sentiment, confidence, model, version}`; confidence is the chosen class's score, 0–1. */
export const textClassification: FormOf = (metadata, facts) => {
  const input = onlyInput(metadata);
  if (input.datatype !== "BYTES") {
    throw new Error(`the input of a text-classification model must be BYTES, not ${input.datatype}`);
  }
  const { read: choose } = choiceReader(metadata, facts);
  const { name: model, version } = metadata;
  return {
    input,
    sample: ["warm-up"],
    read(request, path, values) {
      values.push(asText(field(request, "text", path), join(path, "text")));
      return 1;
    },
    word(request, outputs, from) {
      const choice = choose(outputs, from);
      const score = choice.score();
      if (score === undefined) {
        throw new Error("the model gives no scores to take a confidence from");
      }
      return { text: request["text"], sentiment: choice.label, confidence: score, model, version };
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
  const problem = lengthProblem(value, path);
  if (problem !== undefined) {
    throw problem;
  }
  // A lone surrogate has no UTF-8 form, which the tokeniser insists on; at NUL the binding would cut the text off.
  return value.toWellFormed().replaceAll("\0", " ");
}
