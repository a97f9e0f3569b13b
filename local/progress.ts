import { Listr, type ListrTask, PRESET_TIMER, SilentRenderer } from "listr2";

/** One step of a command. `run` says where it is through `report` and may return a last word for its line. */
export interface Step {
  readonly title: string;
  readonly run: (report: (line: string) => void) => Promise<string | undefined>;
}

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
  if (terminal) {
    await new Listr(tasks, {
      renderer: "default",
      rendererOptions: { collapseErrors: false, showErrorMessage: false, timer: PRESET_TIMER },
    }).run();
  } else {
    await new Listr(tasks, { renderer: SilentRenderer }).run();
  }
}

function liveTask({ title, run }: Step): ListrTask {
  return {
    title,
    task: async (_, task) => {
      const word = await run((line) => {
        task.output = line;
      });
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
      const word = await run((line) => {
        if (Date.now() - shown < plainInterval) return;
        shown = Date.now();
        console.log(`  ${line}`);
      });
      console.log(`${title}: ${word ?? "done"} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
    },
  };
}
