// Run as a process by the benchmark: solves the problem in the given folder with the trainer.
import "../../apps/trainer/young-generation.ts";
import { readFile } from "node:fs/promises";
import { mostProbable } from "../../apps/trainer/learn/scores.ts";
import { binColumns } from "../../apps/trainer/learn/trees/bins.ts";
import { growForest } from "../../apps/trainer/learn/trees/grow-forest.ts";
import { singleWorker } from "../../apps/trainer/learn/workers/worker-group.ts";
import { fitFeatureClassifier } from "../../apps/trainer/models/feature-classifier.ts";
import { classifyInSession, fitTextClassifier } from "../../apps/trainer/models/text-classifier.ts";
import { encodeModel, type GraphNode } from "../../apps/trainer/onnx/model.ts";
import { floatOutput, openSession, runFeatures } from "../../apps/trainer/onnx/session.ts";
import { forestClassifierNodes, forestRegressorNode } from "../../apps/trainer/onnx/tree-graph.ts";
import { fitLine } from "../../apps/trainer/tasks/half-plus-two.ts";
import { type ProblemHead, type Result, readHead, readRows } from "./problem.ts";

type Rows = Awaited<ReturnType<typeof readRows>>;

/** A fitted model: its graph, and a function that predicts rows. */
interface Fitted {
  readonly bytes: Uint8Array;
  readonly predict: (rows: Rows) => Promise<ArrayLike<number>>;
}

const folder = process.argv[2] ?? "";
const head = await readHead(folder);
const fit = await prepare(head);
let peakMegabytes = 0;
// A training Job fits once, so the memory of further fits is not counted.
const { last, first, seconds, cpu } = await repeated(fit, async () => {
  const status = await readFile("/proc/self/status", "utf8");
  peakMegabytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1000;
});
const test = await readRows(folder, "test", head.kind);
const answers = await last.predict(test);
const predicting = await repeated(() => last.predict(test));
const result: Result = {
  score: score(answers, test.targets, head.classes),
  firstFitSeconds: first,
  fitSeconds: seconds,
  fitCpuSeconds: cpu,
  peakMegabytes,
  modelKilobytes: last.bytes.byteLength / 1000,
  predictMicroseconds: (predicting.seconds / test.targets.length) * 1e6,
};
process.stdout.write(`${JSON.stringify(result)}\n`);

/** Medians of repeated runs, for half a second or thirty runs, at least one. Calls `afterFirst` after the first. */
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
    return { last, first: times[0]?.seconds ?? 0, seconds: median("seconds"), cpu: median("cpu") };
  }
}

/** Reads the input; the function that it returns fits and exports the model. */
async function prepare({ kind, classes, parameters, width }: ProblemHead): Promise<() => Promise<Fitted>> {
  const { C: inversePenalty = 1, ngrams = 1, lexicon = 0, trees = 1, depth = 0, leaf = 1, columns = 1 } = parameters;
  const { texts, features, targets } = await readRows(folder, "train", kind);
  if (kind === "text") {
    const prior = lexicon ? { lexicon: (await import("../../apps/trainer/learn/text/afinn.ts")).AFINN } : {};
    const options = { ngrams, skips: 0, minRows: 1, ...prior, inversePenalty, description: "" };
    return async () => {
      const { graph } = await fitTextClassifier(texts, targets, classes, options);
      return { bytes: graph, predict: textAnswersOf(graph, classes) };
    };
  }
  if (kind === "line") {
    const xs = Float64Array.from(features);
    return async () => {
      const { slope, intercept } = fitLine(xs, targets);
      return {
        bytes: new Uint8Array(Float32Array.of(slope, intercept).buffer),
        predict: async (rows) => rows.features.map((x) => slope * x + intercept),
      };
    };
  }
  const answer = (graph: Uint8Array): Fitted => ({ bytes: graph, predict: answersOf(graph, width, classes) });
  if (kind === "logistic") {
    return async () => {
      const options = { inversePenalty, description: "" };
      const { graph } = await fitFeatureClassifier(features, targets, classes, width, options);
      return answer(graph);
    };
  }
  return async () => {
    const options = { trees, seed: 1, maxDepth: depth, minLeafRows: leaf, columnsPerSplit: columns };
    const data = { columns: binColumns(features, width), targets, classes };
    const forest = {
      trees: await growForest(data, options, singleWorker, "trees"),
      width,
      outputs: Math.max(1, classes),
    };
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

/** Predictions of a graph for texts. The session is opened once, as in a server. */
function textAnswersOf(graph: Uint8Array, classes: number): Fitted["predict"] {
  let opened: ReturnType<typeof openSession> | undefined;
  return async (rows) => {
    opened ??= openSession(graph);
    return mostProbable(await classifyInSession(await opened, rows.texts), classes);
  };
}

/** Predictions of a graph for numbers. */
function answersOf(graph: Uint8Array, width: number, classes: number): Fitted["predict"] {
  let opened: ReturnType<typeof openSession> | undefined;
  return async (rows) => {
    opened ??= openSession(graph);
    const outputs = await runFeatures(await opened, rows.features, width);
    if (classes === 0) return floatOutput(outputs, "prediction").values;
    return mostProbable(Float64Array.from(floatOutput(outputs, "probabilities").values), classes);
  };
}

function score(answers: ArrayLike<number>, truths: Float64Array, classes: number): number {
  const errors = truths.map((truth, row) => (answers[row] ?? Number.NaN) - truth);
  if (classes > 0) return errors.filter((error) => error === 0).length / errors.length;
  return Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
}
