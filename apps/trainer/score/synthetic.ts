import path from "node:path";
import { SAMPLES } from "../data/samples.ts";
import { readSentimentRows } from "../input/sentiment-rows.ts";
import { randomSource } from "../learn/random.ts";
import type { ScoringRow } from "./rows.ts";
import type { Scorer } from "./scorer.ts";

/** Upper bound of the generated numbers. */
const LARGEST = 8;

/** Generates `count` rows for a model: numbers from 0 to 8, known categories, texts from the sample data. */
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
