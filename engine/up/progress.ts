import { Listr, type ListrTask, PRESET_TIMER, SilentRenderer } from "listr2";

/** Takes one line about a step. */
export type Report = (line: string) => void;

/**
 * One step of a command. `run` says where it is through `report`, what is done for good through `log`, and may return a
 * last word for its line.
 */
export interface Step {
  readonly title: string;
  readonly run: (report: Report, log: Report) => Promise<string | undefined>;
}

/** A step with something to show for it, which later steps use. */
export interface ResultStep<T> extends Step {
  /** What the step came to. @throws Error before it has run */
  readonly result: () => T;
}

/** A step that keeps what `work` comes to, and shows its `word`. */
export function resultStep<T>(
  title: string,
  work: (report: Report, log: Report) => Promise<{ readonly result: T; readonly word?: string }>,
): ResultStep<T> {
  let kept: { readonly result: T } | undefined;
  return {
    title,
    run: async (report, log) => {
      const done = await work(report, log);
      kept = done;
      return done.word;
    },
    result: () => {
      if (kept === undefined) throw new Error(`${title} has not run yet`);
      return kept.result;
    },
  };
}

/** Lines of a step that a terminal shows at once. */
const OUTPUT_LINES = 6;

/** Milliseconds between two lines of progress of one step where the output is no terminal. */
const plainInterval = 30_000;

/**
 * Runs steps one after another and shows them: live on a terminal, else as plain lines (start, now and then where it is,
 * end with the time it took). Stops at the first error and throws it.
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
      const word = await run(show, show);
      if (word) task.title = `${title}: ${word}`;
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
      const word = await run((line) => {
        if (Date.now() - shown >= plainInterval) log(line);
      }, log);
      console.log(`${title}: ${word ?? "done"} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
    },
  };
}
