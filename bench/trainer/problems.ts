import path from "node:path";
import { SAMPLES } from "../../apps/trainer/data/samples.ts";
import { readIrisRows } from "../../apps/trainer/input/iris-rows.ts";
import { readSentimentRows } from "../../apps/trainer/input/sentiment-rows.ts";
import { generateSeries } from "../../apps/trainer/input/series.ts";
import { readTable } from "../../apps/trainer/input/table/table.ts";
import { readClasses, readColumns } from "../../apps/trainer/input/tabular-rows.ts";
import { completeSchema } from "../../apps/trainer/input/tabular-schema.ts";
import { lagRows, relativeToNewest } from "../../apps/trainer/learn/lags.ts";
import { randomSource } from "../../apps/trainer/learn/random.ts";
import { groupFolds } from "../../apps/trainer/learn/split.ts";
import { encodeForFit } from "../../apps/trainer/learn/tabular/model.ts";
import type { Problem, Rows } from "./problem.ts";

const SEED = 42;
const FOLDS = 5;
const LAGS = 24;
/** The defaults of the sentiment task. */
export const SENTIMENT = { C: 6, ngrams: 2 };

/** One problem for each task of the trainer, with its sample data and defaults. */
export async function trainerProblems(): Promise<Problem[]> {
  return [...(await sentiment()), await iris(), timeseries(), await tabular("forest"), await tabular("linear"), line()];
}

/** With the same features as scikit-learn, and with the polarity lexicon, for which scikit-learn has no equivalent. */
async function sentiment(): Promise<Problem[]> {
  const { texts, targets, groups } = await readSentimentRows(path.join(SAMPLES, "sentiment.csv"));
  const rows = held(texts, targets, groups);
  const text = { kind: "text", classes: 2, ...rows } as const;
  return [
    { name: "sentiment, as shipped", ...text, parameters: { ...SENTIMENT, lexicon: 1 } },
    { name: "sentiment, no lexicon", ...text, parameters: SENTIMENT },
  ];
}

async function iris(): Promise<Problem> {
  const { features, targets, species } = await readIrisRows(path.join(SAMPLES, "iris.csv"));
  const x = rowsOf(features, 4);
  return {
    name: "iris",
    kind: "logistic",
    classes: species.length,
    parameters: { C: 10 },
    ...held(x, targets, x.map(String)),
  };
}

function timeseries(): Problem {
  const rows = lagRows(generateSeries(2000, LAGS, SEED).values, LAGS);
  const x = rowsOf(relativeToNewest(rows), LAGS);
  const y = Array.from(rows.targets, (target, row) => target - (rows.features[row * LAGS] ?? 0));
  const cut = Math.floor(0.8 * y.length);
  return {
    name: "timeseries",
    kind: "forest numbers",
    classes: 0,
    parameters: { trees: 100, depth: 10, leaf: 3, columns: LAGS },
    train: { x: x.slice(0, cut), y: y.slice(0, cut) },
    test: { x: x.slice(cut), y: y.slice(cut) },
  };
}

async function tabular(algorithm: "forest" | "linear"): Promise<Problem> {
  const table = await readTable(path.join(SAMPLES, "customers.csv"), []);
  const { schema } = completeSchema(table, {});
  const { classes, targets } = readClasses(table, schema.target);
  const { features, encoding } = encodeForFit(readColumns(table, schema), targets, [...targets.keys()]);
  const x = rowsOf(features, encoding.width);
  return {
    name: `tabular, ${algorithm}`,
    kind: algorithm === "forest" ? "forest classes" : "logistic",
    classes: classes.length,
    parameters:
      algorithm === "forest"
        ? { trees: 100, depth: 12, leaf: 1, columns: Math.max(1, Math.floor(Math.sqrt(encoding.width))) }
        : { C: 1 },
    ...held(x, targets, x.map(String)),
  };
}

function line(): Problem {
  const random = randomSource(SEED);
  const draw = (): Rows => {
    const x = Array.from({ length: 1000 }, () => [(random() - 0.5) * 20]);
    return { x, y: x.map(([value = 0]) => 0.5 * value + 2) };
  };
  return { name: "half_plus_two", kind: "line", classes: 0, parameters: {}, train: draw(), test: draw() };
}

/** One group in five is held out, as in the tasks. */
function held<T extends string | readonly number[]>(
  x: readonly T[],
  targets: ArrayLike<number>,
  groups: readonly string[],
): Pick<Problem, "train" | "test"> {
  const [split] = groupFolds(groups, targets, FOLDS, SEED);
  const pick = (rows: readonly number[]): Rows => ({
    x: rows.flatMap((row) => x.slice(row, row + 1)),
    y: rows.map((row) => targets[row] ?? 0),
  });
  return { train: pick(split?.train ?? []), test: pick(split?.test ?? []) };
}

function rowsOf(features: Float32Array, width: number): number[][] {
  return Array.from({ length: features.length / width }, (_, row) => [
    ...features.subarray(row * width, (row + 1) * width),
  ]);
}
