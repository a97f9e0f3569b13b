import { type Report, resultStep, type Step } from "./progress.ts";

/** Work that goes on beside the steps of a command until one of them needs it. */
export interface Background {
  /** Begins, unless it has begun. */
  readonly start: () => void;
  /** Begins where it has not begun, shows how far it is, and ends with it. @throws what the work throws */
  readonly step: Step;
  /** Ends it; a step that waits for it fails. */
  readonly cancel: () => void;
}

/** Makes `work` one that goes on beside other steps. It ends early where `signal` says so. */
export function background(title: string, work: (report: Report, signal: AbortSignal) => Promise<void>): Background {
  const abort = new AbortController();
  let show: Report = () => undefined;
  let running: Promise<void> | undefined;
  const start = () => {
    running ??= work((line) => show(line), abort.signal);
    // Whoever needs it hears of the failure.
    running.catch(() => undefined);
    return running;
  };
  const step = resultStep(title, async (report) => {
    show = report;
    return { result: await start() };
  });
  return { start: () => void start(), step, cancel: () => abort.abort() };
}
