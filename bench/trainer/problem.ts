import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

/** Rows to fit or to measure on. Texts, or row-major numbers by row. */
export interface Rows {
  readonly x: readonly (string | readonly number[])[];
  readonly y: readonly number[];
}

/** What both sides learn: the same rows, the same split, the same hyper-parameters. */
export interface Problem {
  readonly name: string;
  /**
   * - `text`: TF-IDF of words and pairs of words, logistic regression; `lexicon` 1 is the trainer's alone;
   * - `logistic`: logistic regression on standardised numbers;
   * - `forest classes` and `forest numbers`: a random forest on numbers;
   * - `line`: least squares.
   */
  readonly kind: "text" | "logistic" | "forest classes" | "forest numbers" | "line";
  readonly classes: number;
  readonly parameters: Readonly<Record<string, number>>;
  readonly train: Rows;
  readonly test: Rows;
}

/** A problem but for its rows, as the processes that solve it read it. */
export interface ProblemHead extends Omit<Problem, "train" | "test"> {
  /** Columns of a row of numbers; 0 for texts. */
  readonly width: number;
}

const HEAD = "problem.json";

/**
 * Writes a problem into a folder in a form that costs neither side more to read than the rows themselves: `problem.json`
 * is its {@link ProblemHead}; `train.x` and `test.x` are row-major float32, or texts by line, and `train.y` and `test.y`
 * float64, all in the machine's order.
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

/** One side's rows as the kind of problem has them: texts, or row-major numbers; and what is to be answered. */
export async function readRows(folder: string, side: "train" | "test", kind: Problem["kind"]) {
  const x = await readFile(path.join(folder, `${side}.x`));
  const y = await readFile(path.join(folder, `${side}.y`));
  return {
    texts: kind === "text" ? x.toString("utf8").split("\n") : [],
    features: kind === "text" ? new Float32Array() : new Float32Array(arrayBuffer(x)),
    targets: new Float64Array(arrayBuffer(y)),
  };
}

/** A file's bytes alone: a small one is part of a pool, at any offset. */
function arrayBuffer({ buffer, byteOffset, byteLength }: Buffer<ArrayBufferLike>): ArrayBufferLike {
  return buffer.slice(byteOffset, byteOffset + byteLength);
}

/** What one side measured of one problem, in a process of its own. */
export interface Result {
  /** Share of right answers, or root mean square error. */
  readonly score: number;
  /** The first fit of the process, in seconds, with what it compiles and loads. */
  readonly firstFitSeconds: number;
  /** Median of all fits, in seconds: by the clock, and of the processor. */
  readonly fitSeconds: number;
  readonly fitCpuSeconds: number;
  /** Most memory the process ever had, in MB, the runtime and its libraries included. */
  readonly peakMegabytes: number;
  /** Size of the model as it is stored. */
  readonly modelKilobytes: number;
  /** Time to predict one row out of many at once, in microseconds. */
  readonly predictMicroseconds: number;
}
