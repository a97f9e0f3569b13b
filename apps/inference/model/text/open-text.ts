import type { ModelMetadata } from "../../../registry/metadata.ts";
import type { Model } from "../model.ts";
import { readTextConfig, type TextConfig } from "./text-config.ts";
import { TextModel, takesTokens } from "./text-model.ts";
import { readTokenizer } from "./tokenizer.ts";

/** The contents of the files beside a graph that say how it reads texts. */
export interface TextFiles {
  /** `tokenizer.json` */
  readonly tokenizer: object;
  /** `tokenizer_config.json` */
  readonly tokenizerConfig: Readonly<Record<string, unknown>>;
  /** `config.json` */
  readonly config: Readonly<Record<string, unknown>>;
}

/** A model, and why it is not served as its files would have it. */
export interface OpenedText {
  readonly model: Model;
  readonly notes: readonly string[];
}

/**
 * Makes a classifier of texts of a graph with a tokenizer beside it. A graph with another purpose, such as embeddings, is
 * served as it is.
 *
 * @param given The metadata as it was read; its labels come before those of `config.json`.
 * @throws Error if the tokenizer cannot be used, or does not suit the graph
 */
export function openText(graph: Model, files: TextFiles | undefined, given: ModelMetadata): OpenedText {
  const { signature } = graph.metadata;
  if (files === undefined || !takesTokens(signature)) return { model: graph, notes: [] };
  const config = readTextConfig(files.config);
  const reason = whyNot(graph, config, given);
  if (reason !== undefined) {
    return { model: graph, notes: [`tokenizer.json is not used: ${reason}; the model takes tokens`] };
  }
  const tokenizer = readTokenizer(files.tokenizer, files.tokenizerConfig, config.maxTokens);
  return { model: new TextModel(graph, tokenizer, config, given.signature), notes: [] };
}

/** Why a graph is no classifier of texts; undefined if it is. */
function whyNot({ metadata }: Model, config: TextConfig, given: ModelMetadata): string | undefined {
  if (given.signature.inputs.some(({ name }) => name === "input_ids"))
    return "the signature lists the graph's own inputs";
  const { outputs } = metadata.signature;
  const labels = given.signature.labels ?? config.labels;
  const isClassifier = outputs.some(
    ({ name, shape }) =>
      shape.length === 2 && (name === "logits" || (labels !== undefined && shape[1] === labels.length)),
  );
  return isClassifier ? undefined : "the graph has no scores of classes for a text";
}
