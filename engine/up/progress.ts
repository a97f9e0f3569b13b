import { Listr, type ListrTask, PRESET_TIMER, SilentRenderer } from "listr2";

/** Receives one line about a step. */
export type Report = (line: string) => void;

/** A step of a command. `run` passes its progress to `report` and finished work to `log`, and may return a summary for its line. */
export interface Step {
  readonly title: string;
  readonly run: (report: Report, log: Report) => Promise<string | undefined>;
}

/** A step with a result for later steps. */
export interface ResultStep<T> extends Step {
  /** The result. @throws Error before the step has run */
  readonly result: () => T;
}

/** What a step has done, and how its line says so. */
export interface Done<T> {
  readonly result: T;
  readonly summary?: string;
}

/** A step that keeps the result of `work` and shows its `summary`. */
export function resultStep<T>(title: string, work: (report: Report, log: Report) => Promise<Done<T>>): ResultStep<T> {
  let kept: Done<T> | undefined;
  return {
    title,
    run: async (report, log) => {
      const done = await work(report, log);
      kept = done;
      return done.summary;
    },
    result: () => {
      if (kept === undefined) throw new Error(`${title} has not run yet`);
      return kept.result;
    },
  };
}

/** Number of a step's lines that a terminal shows. */
const OUTPUT_LINES = 6;

/** Milliseconds between two lines of progress of a step if the output is not a terminal. */
const plainInterval = 30_000;

/**
 * Runs steps one after another and shows them: live on a terminal, otherwise as plain lines (start, occasional progress, end with
 * the time it took). Stops at the first error and throws it.
 */
export async function runSteps(
  steps: readonly Step[],
  terminal: boolean = process.stdout.isTTY === true,
): Promise<void> {
  const tasks = steps.map((step): ListrTask => (terminal ? liveTask(step) : plainTask(step)));
  const interrupted = () => {
    // The live display hides the cursor.
    if (terminal) process.stdout.write("\u001B[?25h\n");
    console.error("Interrupted. The same command goes on from here; npm run down stops everything.");
    process.exit(130);
  };
  process.once("SIGINT", interrupted);
  try {
    if (terminal) {
      const rendererOptions = { collapseErrors: false, showErrorMessage: false, timer: PRESET_TIMER };
      await new Listr(tasks, { renderer: "default", rendererOptions, registerSignalListeners: false }).run();
    } else {
      await new Listr(tasks, { renderer: SilentRenderer, registerSignalListeners: false }).run();
    }
  } finally {
    process.off("SIGINT", interrupted);
  }
}

function liveTask({ title, run }: Step): ListrTask {
  return {
    title,
    rendererOptions: { outputBar: OUTPUT_LINES },
    task: async (_, task) => {
      const show = (line: string) => {
        task.output = line;
      };
      const summary = await run(show, show);
      if (summary) task.title = `${title}: ${summary}`;
    },
  };
}

function plainTask({ title, run }: Step): ListrTask {
  return {
    title,
    task: async () => {
      const start = Date.now();
      let shown = start;
      console.log(`${title} …`);
      const log = (line: string) => {
        shown = Date.now();
        console.log(`    ${line}`);
      };
      const summary = await run((line) => {
        if (Date.now() - shown >= plainInterval) log(line);
      }, log);
      console.log(`${title}: ${summary ?? "done"} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
    },
  };
}
