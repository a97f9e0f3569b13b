import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

/** Rows to fit or to measure on: texts, or rows of numbers. */
export interface Rows {
  readonly x: readonly (string | readonly number[])[];
  readonly y: readonly number[];
}

/** A problem for both sides: the same rows, the same split, the same hyperparameters. */
export interface Problem {
  readonly name: string;
  /**
   * - `text`: TF-IDF of words and pairs of words, logistic regression; only the trainer supports `lexicon` 1;
   * - `logistic`: logistic regression on standardized numbers;
   * - `forest classes` and `forest numbers`: a random forest on numbers;
   * - `line`: least squares.
   */
  readonly kind: "text" | "logistic" | "forest classes" | "forest numbers" | "line";
  readonly classes: number;
  readonly parameters: Readonly<Record<string, number>>;
  readonly train: Rows;
  readonly test: Rows;
}

/** A problem without its rows, as the processes read it. */
export interface ProblemHead extends Omit<Problem, "train" | "test"> {
  /** Number of columns; 0 for texts. */
  readonly width: number;
}

const HEAD = "problem.json";

/**
 * Writes a problem into a folder in a format that both sides read without overhead: `problem.json` is its
 * {@link ProblemHead}; `train.x` and `test.x` are row-major float32, or one text per line; `train.y` and `test.y` are float64,
 * all in the machine's byte order.
 */
export async function writeProblem(folder: string, { train, test, ...rest }: Problem): Promise<void> {
  await mkdir(folder, { recursive: true });
  const [first = ""] = train.x;
  const head: ProblemHead = { ...rest, width: typeof first === "string" ? 0 : first.length };
  await writeFile(path.join(folder, HEAD), JSON.stringify(head));
  for (const [side, { x, y }] of Object.entries({ train, test })) {
    const texts = () => x.map((text) => String(text).replaceAll(/\s/g, " ")).join("\n");
    const numbers = () => Float32Array.from(x.flatMap((row) => (typeof row === "string" ? [] : row)));
    await writeFile(path.join(folder, `${side}.x`), head.width === 0 ? texts() : numbers());
    await writeFile(path.join(folder, `${side}.y`), Float64Array.from(y));
  }
}

export async function readHead(folder: string): Promise<ProblemHead> {
  return JSON.parse(await readFile(path.join(folder, HEAD), "utf8"));
}

/** Reads rows, which are texts or row-major numbers, and their targets. */
export async function readRows(folder: string, side: "train" | "test", kind: Problem["kind"]) {
  const x = await readFile(path.join(folder, `${side}.x`));
  const y = await readFile(path.join(folder, `${side}.y`));
  return {
    texts: kind === "text" ? x.toString("utf8").split("\n") : [],
    features: kind === "text" ? new Float32Array() : new Float32Array(arrayBuffer(x)),
    targets: new Float64Array(arrayBuffer(y)),
  };
}

/** Copies a Buffer, which may be an unaligned part of a pool, into its own memory. */
function arrayBuffer({ buffer, byteOffset, byteLength }: Buffer<ArrayBufferLike>): ArrayBufferLike {
  return buffer.slice(byteOffset, byteOffset + byteLength);
}

/** Measurements of one side for one problem, in its own process. */
export interface Result {
  /** Accuracy, or root mean square error. */
  readonly score: number;
  /** First fit of the process, in seconds, including loading and compiling. */
  readonly firstFitSeconds: number;
  /** Median of all fits, in seconds: wall time and CPU time. */
  readonly fitSeconds: number;
  readonly fitCpuSeconds: number;
  /** Peak memory of the process in MB, including the runtime and its libraries. */
  readonly peakMegabytes: number;
  /** Size of the stored model. */
  readonly modelKilobytes: number;
  /** Time per row of predicting many rows at once, in microseconds. */
  readonly predictMicroseconds: number;
}
