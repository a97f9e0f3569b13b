import type { ModelMetadata, Signature, TensorSpec } from "../../../registry/metadata.ts";
import type { Model } from "../model.ts";
import { arrayOf, rowWidth, type Tensor, type Tensors } from "../tensor.ts";
import { paddedBatches } from "./padded-batches.ts";
import { type Activation, activate, type TextConfig } from "./text-config.ts";
import type { Encoded, TextTokenizer } from "./tokenizer.ts";

/** Names of a text model's tensors, in place of the graph's own. */
export const TEXT = "text";
export const LABEL = "label";
export const PROBABILITIES = "probabilities";
export const TRUNCATED = "truncated";

/** The graph's inputs that are filled in from a text's tokens, and the value of each token. */
const INPUTS: Readonly<Record<string, (encoded: Encoded, at: number) => number>> = {
  input_ids: ({ ids }, at) => ids[at] ?? 0,
  attention_mask: () => 1,
  token_type_ids: ({ types }, at) => types[at] ?? 0,
  position_ids: (_, at) => at,
};

const SCORES = ["FP32", "FP64", "FP16"];

/** Whether a graph takes tokens, as those of the BERT family do. */
export function takesTokens({ inputs }: Pick<Signature, "inputs">): boolean {
  return inputs.some(({ name }) => name === "input_ids");
}

/**
 * A classifier of texts: tokenizes them, runs the graph on batches of similar length, and turns its scores into a label and
 * probabilities, as the pipelines of Hugging Face's transformers do.
 */
export class TextModel implements Model {
  readonly metadata: ModelMetadata;
  readonly batched = true;
  readonly maxRows: number;
  readonly ragged = false;
  readonly notes: readonly string[];
  readonly crashed?: Promise<void>;
  readonly #graph: Model;
  readonly #tokenizer: TextTokenizer;
  readonly #inputs: readonly TensorSpec[];
  readonly #scores: TensorSpec;
  readonly #labels: readonly string[];
  readonly #activation: Activation;
  /** The same list each time, by which the graph's own model finds what it has prepared. */
  readonly #wanted: readonly string[];

  /**
   * @param graph The opened graph.
   * @param given The signature as the metadata has it; its labels come before those of the configuration.
   * @throws Error if the graph has other inputs, or no scores of classes
   */
  constructor(graph: Model, tokenizer: TextTokenizer, config: TextConfig, given: Signature) {
    const { inputs, outputs } = graph.metadata.signature;
    const unknown = inputs.find(({ name }) => INPUTS[name] === undefined);
    if (unknown !== undefined) {
      throw new Error(
        `the graph's input "${unknown.name}" cannot be made from a text; known are ${Object.keys(INPUTS).join(", ")}`,
      );
    }
    const labels = given.labels ?? config.labels;
    const found = outputs.filter(({ datatype, shape }) => SCORES.includes(datatype) && shape.length === 2);
    const scores =
      found.find(({ name }) => name === "logits") ?? found.find(({ shape }) => shape[1] === labels?.length);
    if (scores === undefined) {
      throw new Error("the graph has no output with a score for each class: export it for text classification");
    }
    const width = scores.shape[1] ?? -1;
    const classes = width > 0 ? width : labels?.length;
    if (classes === undefined || (labels !== undefined && labels.length !== classes)) {
      throw new Error(
        `the graph has ${classes ?? "an unknown number of"} classes, there are ${labels?.length ?? "no"} labels: give id2label in config.json`,
      );
    }
    this.#graph = graph;
    this.#tokenizer = tokenizer;
    this.#inputs = inputs;
    this.#scores = scores;
    this.#wanted = [scores.name];
    this.#labels = labels ?? Array.from({ length: classes }, (_, index) => `LABEL_${index}`);
    this.#activation = config.activationOf(classes);
    this.maxRows = graph.batched ? graph.maxRows : 1;
    this.notes = graph.notes ?? [];
    if (graph.crashed !== undefined) this.crashed = graph.crashed;
    this.metadata = { ...graph.metadata, signature: textSignature(this.#labels) };
  }

  run(inputs: Tensors): Tensors | Promise<Tensors> {
    const texts = inputs.get(TEXT)?.data as readonly string[];
    const encoded = texts.map((text) => this.#tokenizer.encode(text));
    const lengths = encoded.map(({ ids }) => ids.length);
    const batches = paddedBatches(lengths, this.#graph.batched ? Infinity : 1);
    const probabilities = new Float32Array(texts.length * this.#labels.length);
    const runs = batches.map((rows) => {
      const outputs = this.#graph.run(this.#feeds(rows.flatMap((row) => encoded[row] ?? [])), this.#wanted);
      const take = (computed: Tensors) => this.#take(computed, rows, probabilities);
      return outputs instanceof Promise ? outputs.then(take) : take(outputs);
    });
    const answer = () => this.#answer(probabilities, encoded);
    return runs.some((run) => run instanceof Promise) ? Promise.all(runs).then(answer) : answer();
  }

  async close(): Promise<void> {
    await this.#graph.close();
  }

  /** The graph's inputs for some texts, the shorter ones filled up with padding. */
  #feeds(texts: readonly Encoded[]): Tensors {
    const width = Math.max(...texts.map(({ ids }) => ids.length));
    const shape = [texts.length, width];
    return new Map(
      this.#inputs.map(({ name, datatype }): [string, Tensor] => {
        const element = INPUTS[name];
        const data = new (arrayOf(datatype === "BYTES" ? "INT64" : datatype))(texts.length * width);
        const convert = data instanceof BigInt64Array || data instanceof BigUint64Array ? BigInt : Number;
        if (name === "input_ids") data.fill(convert(this.#tokenizer.padId) as never);
        for (const [row, text] of texts.entries()) {
          for (let at = 0; at < text.ids.length; at++) {
            data[row * width + at] = convert(element?.(text, at) ?? 0);
          }
        }
        return [name, { datatype, shape, data }];
      }),
    );
  }

  #take(outputs: Tensors, rows: readonly number[], probabilities: Float32Array): void {
    const scores = outputs.get(this.#scores.name);
    const classes = this.#labels.length;
    if (scores === undefined || rowWidth(scores.shape) !== classes || scores.shape[0] !== rows.length) {
      throw new Error(
        `output "${this.#scores.name}" has the shape [${scores?.shape}] for ${rows.length} texts and ${classes} classes`,
      );
    }
    for (const [at, row] of rows.entries()) {
      const target = probabilities.subarray(row * classes, (row + 1) * classes);
      for (let index = 0; index < classes; index++) target[index] = Number(scores.data[at * classes + index]);
      activate(target, this.#activation);
    }
  }

  #answer(probabilities: Float32Array, encoded: readonly Encoded[]): Tensors {
    const classes = this.#labels.length;
    const rows = encoded.length;
    const labels = encoded.map((_, row) => {
      const own = probabilities.subarray(row * classes, (row + 1) * classes);
      return this.#labels[own.indexOf(Math.max(...own))] ?? "";
    });
    const truncated = Uint8Array.from(encoded, ({ isTruncated }) => Number(isTruncated));
    return new Map<string, Tensor>([
      [LABEL, { datatype: "BYTES", shape: [rows, 1], data: labels }],
      [PROBABILITIES, { datatype: "FP32", shape: [rows, classes], data: probabilities }],
      [TRUNCATED, { datatype: "BOOL", shape: [rows, 1], data: truncated }],
    ]);
  }
}

function textSignature(labels: readonly string[]): Signature {
  return {
    kind: "text-classification",
    inputs: [{ name: TEXT, datatype: "BYTES", shape: [-1, 1] }],
    outputs: [
      { name: LABEL, datatype: "BYTES", shape: [-1, 1] },
      { name: PROBABILITIES, datatype: "FP32", shape: [-1, labels.length] },
      { name: TRUNCATED, datatype: "BOOL", shape: [-1, 1] },
    ],
    labels: [...labels],
  };
}
