// Run as a process of its own by the benchmark: learns the problem in the file that is named, with the trainer.
import { readFile } from "node:fs/promises";
import { alone } from "../../apps/trainer/distributed/crew.ts";
import { growForest } from "../../apps/trainer/distributed/grow-forest.ts";
import { binColumns } from "../../apps/trainer/learn/bins.ts";
import { fitFeatureClassifier } from "../../apps/trainer/learn/feature-classifier.ts";
import { AFINN } from "../../apps/trainer/learn/lexicon.ts";
import { mostProbable } from "../../apps/trainer/learn/scores.ts";
import { classifyTexts, fitTextClassifier } from "../../apps/trainer/learn/text-classifier.ts";
import { encodeModel, type GraphNode } from "../../apps/trainer/onnx/model.ts";
import { floatOutput, openSession, runFeatures } from "../../apps/trainer/onnx/session.ts";
import { forestClassifierNodes, forestRegressorNode } from "../../apps/trainer/onnx/tree-graph.ts";
import { fitLine } from "../../apps/trainer/tasks/half-plus-two.ts";
import type { Problem, Result, Rows } from "./problem.ts";

/** A fitted model: its bytes, and how it answers the test rows. */
interface Fitted {
  readonly bytes: Uint8Array;
  readonly predict: () => Promise<ArrayLike<number>>;
}

const problem: Problem = JSON.parse(await readFile(process.argv[2] ?? "", "utf8"));
const fit = prepare(problem);
let peakMegabytes = 0;
// A training Job fits once: what more fits leave behind in memory is not counted.
const { last, seconds, cpu } = await repeated(fit, async () => {
  const status = await readFile("/proc/self/status", "utf8");
  peakMegabytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1000;
});
const answers = await last.predict();
const predicting = await repeated(last.predict);
const result: Result = {
  score: score(answers, problem),
  fitSeconds: seconds,
  fitCpuSeconds: cpu,
  peakMegabytes,
  modelKilobytes: last.bytes.byteLength / 1000,
  predictMicroseconds: (predicting.seconds / problem.test.y.length) * 1e6,
};
process.stdout.write(`${JSON.stringify(result)}\n`);

/** Medians of repeated runs, for half a second or thirty times; at least one, after which `afterFirst` is called. */
async function repeated<T>(run: () => T | Promise<T>, afterFirst: () => Promise<void> = async () => undefined) {
  const times: { seconds: number; cpu: number }[] = [];
  const began = performance.now();
  for (;;) {
    const start = performance.now();
    const before = process.cpuUsage();
    const last = await run();
    const { user, system } = process.cpuUsage(before);
    times.push({ seconds: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 });
    if (times.length === 1) await afterFirst();
    if (performance.now() - began < 500 && times.length < 30) continue;
    const median = (key: "seconds" | "cpu") =>
      times.map((time) => time[key]).sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
    return { last, seconds: median("seconds"), cpu: median("cpu") };
  }
}

/** Reads what the fit is given out of the problem; what is returned does the fit and the export. */
function prepare({ kind, classes, parameters, train, test }: Problem): () => Promise<Fitted> {
  const { C: inversePenalty = 1, ngrams = 1, lexicon = 0, trees = 1, depth = 0, leaf = 1, columns = 1 } = parameters;
  if (kind === "text") {
    const texts = train.x.map(String);
    const words = { ngrams, skips: 0, minRows: 1, ...(lexicon && { lexicon: AFINN }) };
    const options = { ...words, inversePenalty, description: "" };
    return async () => {
      const { graph } = await fitTextClassifier(texts, train.y, classes, options);
      return {
        bytes: graph,
        predict: async () => mostProbable(await classifyTexts(graph, test.x.map(String)), classes),
      };
    };
  }
  const { features, width } = flat(train);
  const unseen = flat(test).features;
  if (kind === "line") {
    const [xs, ys] = [Float64Array.from(features), Float64Array.from(train.y)];
    return async () => {
      const { slope, intercept } = fitLine(xs, ys);
      return {
        bytes: new Uint8Array(Float32Array.of(slope, intercept).buffer),
        predict: async () => unseen.map((x) => slope * x + intercept),
      };
    };
  }
  const answer = (graph: Uint8Array): Fitted => ({ bytes: graph, predict: answersOf(graph, unseen, width, classes) });
  if (kind === "logistic") {
    return async () => {
      const options = { inversePenalty, description: "" };
      const { graph } = await fitFeatureClassifier(features, train.y, classes, width, options);
      return answer(graph);
    };
  }
  const targets = Float64Array.from(train.y);
  return async () => {
    const options = { trees, seed: 1, maxDepth: depth, minLeafRows: leaf, columnsPerSplit: columns };
    const data = { columns: binColumns(features, width), targets, classes };
    const forest = { trees: await growForest(data, options, alone, "trees"), width, outputs: Math.max(1, classes) };
    const nodes: readonly GraphNode[] =
      classes > 0 ? forestClassifierNodes(forest, "features") : [forestRegressorNode(forest, "features", "prediction")];
    return answer(
      encodeModel({
        name: "forest",
        description: "",
        inputs: [{ name: "features", type: "float", shape: ["rows", width] }],
        outputs: [
          classes > 0
            ? { name: "probabilities", type: "float", shape: ["rows", classes] }
            : { name: "prediction", type: "float", shape: ["rows", 1] },
        ],
        nodes,
      }),
    );
  };
}

/** Answers of a graph over numbers. The session is opened once, as a server does. */
function answersOf(graph: Uint8Array, features: Float32Array, width: number, classes: number) {
  const opened = openSession(graph);
  return async () => {
    const outputs = await runFeatures(await opened, features, width);
    if (classes === 0) return floatOutput(outputs, "prediction").values;
    return mostProbable(Float64Array.from(floatOutput(outputs, "probabilities").values), classes);
  };
}

function flat({ x }: Rows): { features: Float32Array; width: number } {
  const rows = x.map((row) => (typeof row === "string" ? [] : row));
  return { features: Float32Array.from(rows.flat()), width: rows[0]?.length ?? 0 };
}

function score(answers: ArrayLike<number>, { classes, test }: Problem): number {
  const errors = test.y.map((truth, row) => (answers[row] ?? Number.NaN) - truth);
  if (classes > 0) return errors.filter((error) => error === 0).length / errors.length;
  return Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
}
