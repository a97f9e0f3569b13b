import { type Done, type Report, type ResultStep, resultStep } from "./progress.ts";

/** Work that runs in the background of a command's steps, until one of them needs its result. */
export interface Background<T = undefined> {
  /** Starts the work, unless it has started. */
  readonly start: () => void;
  /** A step that starts the work if necessary, shows its progress, and waits for its end. @throws the error of the work */
  readonly step: ResultStep<T>;
  /** Cancels the work; a step that waits for it fails. */
  readonly cancel: () => void;
}

/** Runs `work` in the background of other steps. `signal` tells it to end early. */
export function background<T>(
  title: string,
  work: (report: Report, signal: AbortSignal) => Promise<Done<T>>,
): Background<T> {
  const abort = new AbortController();
  let show: Report = () => undefined;
  let running: Promise<Done<T>> | undefined;
  const start = () => {
    running ??= work((line) => show(line), abort.signal);
    // The step that waits for it gets the error.
    running.catch(() => undefined);
    return running;
  };
  const step = resultStep(title, async (report) => {
    show = report;
    return await start();
  });
  return { start: () => void start(), step, cancel: () => abort.abort() };
}
