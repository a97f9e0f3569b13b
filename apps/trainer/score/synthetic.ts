import path from "node:path";
import { SAMPLES } from "../data/samples.ts";
import { readSentimentRows } from "../input/sentiment-rows.ts";
import { randomSource } from "../learn/random.ts";
import type { ScoringRow } from "./rows.ts";
import type { Scorer } from "./scorer.ts";

/** Made-up numbers lie between 0 and this. */
const LARGEST = 8;

/** `count` made-up rows for a model: numbers from 0 to 8, words the model knows, texts from the sample data. Seeded. */
export async function syntheticRows(scorer: Scorer, count: number, seed: number): Promise<ScoringRow[]> {
  const random = randomSource(seed);
  const { kind, categories = {} } = scorer.signature;
  const isText = kind === "text-classification";
  const texts = isText ? (await readSentimentRows(path.join(SAMPLES, "sentiment.csv"))).texts : [];
  const oneOf = (words: readonly string[]) => words[Math.floor(random() * words.length)];
  const draw = (field: string) =>
    isText ? oneOf(texts) : (oneOf(categories[field] ?? []) ?? Number((random() * LARGEST).toFixed(2)));
  return Array.from({ length: count }, (_, index) => ({
    line: index + 1,
    fields: Object.fromEntries(scorer.fields.map((field) => [field, draw(field)])),
  }));
}
