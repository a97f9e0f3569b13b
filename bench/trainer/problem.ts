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

/** What one side measured of one problem, in a process of its own. */
export interface Result {
  /** Share of right answers, or root mean square error. */
  readonly score: number;
  /** Median of the fits, in seconds: by the clock, and of the processor. */
  readonly fitSeconds: number;
  readonly fitCpuSeconds: number;
  /** Most memory the process ever had, in MB, the runtime and its libraries included. */
  readonly peakMegabytes: number;
  /** Size of the model as it is stored. */
  readonly modelKilobytes: number;
  /** Time to predict one row out of many at once, in microseconds. */
  readonly predictMicroseconds: number;
}
