import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { InferenceSession, Tensor } from "onnxruntime-node";

/**
 * The baseline: a minimal server for the same requests. node:http, JSON.parse, one run of the model per request, a response; no
 * validation, key, metrics or log. Its only limit is the number of waiting requests: further ones are rejected unread.
 *
 * node bench/server/floor.ts MODEL.onnx PORT iris|sentiment-classifier|half_plus_two
 */
const [file = "", port, model = ""] = process.argv.slice(2);
const session = await InferenceSession.create(await readFile(file), {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
});
const [input = ""] = session.inputNames;
type Run = InferenceSession.OnnxValueMapType;

/** As many requests of 32 rows as the queue of our server holds. */
const MOST_WAITING = 128;

const SPECIES = ["setosa", "versicolor", "virginica"];
const SENTIMENTS = ["negative", "positive"];

interface Flower {
  readonly sepal_length: number;
  readonly sepal_width: number;
  readonly petal_length: number;
  readonly petal_width: number;
}

function numbers(values: readonly number[], shape: readonly number[]): Tensor {
  return new Tensor("float32", Float32Array.from(values), shape);
}

async function iris(flowers: readonly Flower[]): Promise<unknown[]> {
  const values = flowers.flatMap((flower) => [
    flower.sepal_length,
    flower.sepal_width,
    flower.petal_length,
    flower.petal_width,
  ]);
  const { label }: Run = await session.run({ [input]: numbers(values, [flowers.length, 4]) });
  return flowers.map((_, row) => {
    const index = Number(label?.data[row]);
    return { species_index: index, species_name: SPECIES[index] };
  });
}

async function sentiment(texts: readonly { readonly text: string }[]): Promise<unknown[]> {
  const rows = texts.map(({ text }) => text);
  const { label, probabilities }: Run = await session.run({ [input]: new Tensor("string", rows, [rows.length]) });
  return rows.map((text, row) => {
    const index = Number(label?.data[row]);
    const confidence = probabilities?.data[row * SENTIMENTS.length + index];
    return { text, sentiment: SENTIMENTS[index], confidence, model, version: "1" };
  });
}

async function halfPlusTwo({ instances }: { readonly instances: readonly number[] }): Promise<unknown> {
  const { y }: Run = await session.run({ [input]: numbers(instances, [instances.length]) });
  return { predictions: Array.from((y?.data ?? []) as Float32Array), model, version: "1" };
}

async function answer(body: string): Promise<unknown> {
  const asked = JSON.parse(body);
  if (model === "half_plus_two") return halfPlusTwo(asked);
  const list = Array.isArray(asked) ? asked : [asked];
  const answers = await (model === "iris" ? iris(list) : sentiment(list));
  return Array.isArray(asked) ? answers : answers[0];
}

let waiting = 0;

createServer((req, res) => {
  if (waiting >= MOST_WAITING) {
    res.writeHead(503, { "Content-Type": "application/json", "Content-Length": 2 });
    res.end("{}");
    return;
  }
  waiting += 1;
  res.on("close", () => {
    waiting -= 1;
  });
  const chunks: Buffer[] = [];
  req.on("data", (chunk: Buffer) => chunks.push(chunk));
  req.on("end", async () => {
    const text = JSON.stringify(await answer(Buffer.concat(chunks).toString()));
    res.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
    res.end(text);
  });
}).listen(Number(port), "127.0.0.1");
