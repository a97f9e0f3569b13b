import { z } from "zod";

/** What a text model makes of its outputs. */
export type Activation = "softmax" | "sigmoid" | "none";

/** The parts of `config.json`, as Hugging Face's exporters write it, that are read here. */
const Config = z.object({
  model_type: z.string().optional(),
  max_position_embeddings: z.int().min(1).optional(),
  id2label: z.record(z.string(), z.string()).optional(),
  problem_type: z.string().nullish(),
  pad_token_id: z.int().nullish(),
});

export interface TextConfig {
  /** Names of the classes by index; undefined if they are not named. */
  readonly labels: readonly string[] | undefined;
  /** Most tokens of a text. */
  readonly maxTokens: number;
  readonly activationOf: (classes: number) => Activation;
}

/** Families whose positions begin after that of the padding token. */
const OFFSET_POSITIONS = /^(roberta|xlm-roberta|xlm-roberta-xl|camembert|longformer|mpnet|bigbird_pegasus)$/;

/**
 * Reads `config.json`.
 *
 * @throws Error naming the field that is wrong
 */
export function readTextConfig(content: unknown): TextConfig {
  const parsed = Config.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`config.json: ${issue?.path.join(".")}: ${issue?.message}`);
  }
  const {
    model_type: family = "",
    max_position_embeddings: positions,
    id2label,
    problem_type,
    pad_token_id,
  } = parsed.data;
  const offset = OFFSET_POSITIONS.test(family) ? (pad_token_id ?? 1) + 1 : 0;
  const labels = id2label && Object.keys(id2label).map((_, index) => id2label[String(index)]);
  return {
    labels: labels?.every((label) => label !== undefined) ? labels : undefined,
    maxTokens: positions === undefined ? Infinity : positions - offset,
    activationOf: (classes) => {
      if (problem_type === "regression") return "none";
      return problem_type === "multi_label_classification" || classes === 1 ? "sigmoid" : "softmax";
    },
  };
}

/** Turns the scores of one row into probabilities, in place. */
export function activate(scores: Float32Array, activation: Activation): void {
  if (activation === "none") return;
  if (activation === "sigmoid") {
    for (const [index, score] of scores.entries()) scores[index] = 1 / (1 + Math.exp(-score));
    return;
  }
  const highest = Math.max(...scores);
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - highest);
  for (const [index, score] of scores.entries()) scores[index] = Math.exp(score - highest) / sum;
}
