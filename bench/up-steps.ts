import { columns } from "./columns.ts";
import { readStat } from "./process-stat.ts";

/** One step of a command. */
export interface StepTime {
  readonly name: string;
  readonly wallSeconds: number;
  /** Processor time of the command itself, and of its child processes that ended in the step. */
  readonly processorSeconds: number;
}

/** The line that ends a step if the output is not a terminal (`engine/up/progress.ts`): `Title: word (12.3 s)`. */
const END = /^(?<name>\S.*?): .*\((?<seconds>\d+\.\d) s\)$/;

/**
 * Reads the output of a command while it runs, and times the steps in it.
 *
 * @param processorTime seconds that a process and its ended children have used so far. @default from /proc
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
    // The command may have ended.
    const used = await processorTime(pid).catch(() => before);
    steps.push({ name, wallSeconds: Number(seconds), processorSeconds: used - before });
    before = used;
  }
  return steps;
}

async function usedSeconds(pid: number): Promise<number> {
  const stat = await readStat(String(pid));
  if (stat === undefined) throw new Error(`process ${pid} has ended`);
  return stat.own + stat.children;
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
