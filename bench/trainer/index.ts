import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { pythonEnvironment } from "../../tests/tools/python.ts";
import { type Problem, type Result, writeProblem } from "./problem.ts";
import { trainerProblems } from "./problems.ts";
import { reviewProblems } from "./reviews.ts";
import { tableProblems } from "./tables.ts";

/** A task of the trainer beside its best equivalent in scikit-learn. */
export interface Comparison {
  readonly name: string;
  /** Whether `score` is an accuracy (higher is better) or an error. */
  readonly score: "accuracy" | "error";
  readonly ours: Result;
  readonly theirs: Result;
}

const ENVIRONMENT = {
  // One thread each: BLAS and OpenMP would use all cores.
  OMP_NUM_THREADS: "1",
  OPENBLAS_NUM_THREADS: "1",
  MKL_NUM_THREADS: "1",
  // Both run cached compiled code: Python caches it by default, the trainer in its image and in `npm run train`.
  NODE_COMPILE_CACHE: path.join(import.meta.dirname, "../../node_modules/.cache/node"),
};

/**
 * Trains every task with the trainer and with scikit-learn, alternately, on the same rows and the same split, each in its own
 * process; then both on real reviews and on public tables. Returns the medians of all rounds.
 */
export async function compareTrainers(rounds: number, report: (line: string) => void): Promise<Comparison[]> {
  const python = await pythonEnvironment("bench-apps");
  const problems = await trainerProblems();
  const [sentiment] = problems;
  if (sentiment) problems.push(...(await reviewProblems(sentiment.train)));
  problems.push(...(await tableProblems(python)));
  const folder = await mkdtemp(path.join(tmpdir(), "trainer-bench-"));
  try {
    const comparisons: Comparison[] = [];
    for (const problem of problems) {
      report(problem.name);
      comparisons.push(await compare(problem, path.join(folder, "problem"), python, rounds));
    }
    return comparisons;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compare(problem: Problem, folder: string, python: string, rounds: number): Promise<Comparison> {
  await writeProblem(folder, problem);
  const ours: Result[] = [];
  const theirs: Result[] = [];
  // The first round fills the caches of compiled code and is not counted.
  for (let round = -1; round < rounds; round++) {
    ours.push(await measure(process.execPath, path.join(import.meta.dirname, "ours.ts"), folder));
    theirs.push(await measure(python, path.join(import.meta.dirname, "theirs.py"), folder));
  }
  return {
    name: problem.name,
    score: problem.classes > 0 ? "accuracy" : "error",
    ours: medians(ours.slice(1)),
    theirs: medians(theirs.slice(1)),
  };
}

async function measure(program: string, script: string, folder: string): Promise<Result> {
  const { stdout } = await execa(program, [script, folder], { env: ENVIRONMENT });
  return JSON.parse(stdout);
}

function medians(results: readonly Result[]): Result {
  const median = (key: keyof Result) =>
    results.map((result) => result[key]).sort((a, b) => a - b)[Math.floor(results.length / 2)] ?? Number.NaN;
  return {
    score: median("score"),
    firstFitSeconds: median("firstFitSeconds"),
    fitSeconds: median("fitSeconds"),
    fitCpuSeconds: median("fitCpuSeconds"),
    peakMegabytes: median("peakMegabytes"),
    modelKilobytes: median("modelKilobytes"),
    predictMicroseconds: median("predictMicroseconds"),
  };
}
