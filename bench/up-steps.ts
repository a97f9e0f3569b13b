import { readFile } from "node:fs/promises";
import { columns } from "./columns.ts";

/** One step of a command. */
export interface StepTime {
  readonly name: string;
  readonly wallSeconds: number;
  /** Processor time of the command itself and of those processes it waited for that ended in the step. */
  readonly processorSeconds: number;
}

/** Linux counts processor time in this many ticks a second wherever it shows it to programs. */
const TICKS = 100;

/** The line that `engine/up/progress.ts` ends a step with where the output is no terminal: `Title: word (12.3 s)`. */
const END = /^(?<name>\S.*?): .*\((?<seconds>\d+\.\d) s\)$/;

/**
 * Reads the output of a command as it comes, and times the steps that it shows.
 *
 * @param processorTime seconds that a process and its ended children have used so far. @default Linux is asked
 */
export async function stepTimes(
  pid: number,
  lines: AsyncIterable<unknown>,
  processorTime: (pid: number) => Promise<number> = usedSeconds,
): Promise<StepTime[]> {
  const steps: StepTime[] = [];
  let before = 0;
  for await (const line of lines) {
    const { name, seconds } = END.exec(String(line))?.groups ?? {};
    if (name === undefined) continue;
    // A command that has ended since has nothing to be asked about.
    const used = await processorTime(pid).catch(() => before);
    steps.push({ name, wallSeconds: Number(seconds), processorSeconds: used - before });
    before = used;
  }
  return steps;
}

/** Processor seconds from the text of /proc/PID/stat: its own and those of its children that have ended. */
export function secondsOf(stat: string): number {
  // After the program's name, which is in brackets and may hold anything: utime, stime, cutime and cstime are fields 14 to 17.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) / TICKS;
}

async function usedSeconds(pid: number): Promise<number> {
  return secondsOf(await readFile(`/proc/${pid}/stat`, "utf8"));
}

/** The steps as a table, with their sum. */
export function stepTable(steps: readonly StepTime[]): string {
  const sum = (time: (step: StepTime) => number) => steps.reduce((total, step) => total + time(step), 0);
  const row = (name: string, wall: number, processor: number) => [
    name,
    `${wall.toFixed(1)} s`,
    `${processor.toFixed(1)} s`,
  ];
  return columns([
    ["step", "took", "processor time"],
    ...steps.map(({ name, wallSeconds, processorSeconds }) => row(name, wallSeconds, processorSeconds)),
    row(
      "all",
      sum((step) => step.wallSeconds),
      sum((step) => step.processorSeconds),
    ),
  ]);
}
