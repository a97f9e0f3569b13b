import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { describeFault, errorCode, ModelName, UserError } from "../../registry/index.ts";
import { listFiles } from "./run-files.ts";

/** Name of a run, which is also the name of its folder. */
export const RunId = z
  .string()
  .regex(/^[A-Za-z0-9][-A-Za-z0-9_.]{0,62}$/, "must be at most 63 letters, digits, '-', '_' and '.', such as train-7");

/** Everything that the result of a run depends on. Each worker writes it into the run's folder. */
export const Plan = z.object({
  task: z.string(),
  model: ModelName,
  version: z.string(),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  seed: z.int(),
  workers: z.int(),
  /** Data file as given, and its SHA-256. */
  data: z.string().optional(),
  sha256: z.string().optional(),
  minAccuracy: z.number().optional(),
  maxError: z.number().optional(),
});
export type Plan = z.infer<typeof Plan>;

/**
 * Checks that two workers of a run were started with the same settings.
 *
 * @throws UserError if they were not
 */
export function assertSamePlan(run: string, own: Plan, other: Plan, otherWorker: string): void {
  const [mine, theirs] = [own, other].map(flatten);
  const name = [...new Set([...Object.keys(mine ?? {}), ...Object.keys(theirs ?? {})])].find(
    (key) => mine?.[key] !== theirs?.[key],
  );
  if (name === undefined) return;
  throw new UserError(
    `run ${run}: this worker was started with ${name} ${mine?.[name] ?? "not given"}, ${otherWorker} with ${theirs?.[name] ?? "not given"}; start all workers with the same settings, or give a new --run`,
  );
}

function flatten({ parameters, ...plan }: Plan): Record<string, string> {
  return Object.fromEntries(
    Object.entries({ ...plan, ...parameters }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  );
}

/** Reads the plans of all workers in a run's folder, with the workers' names. */
export async function readPlans(folder: string): Promise<[string, Plan][]> {
  const plans: [string, Plan][] = [];
  for (const name of [...(await listFiles(folder))].sort()) {
    const [, worker] = /^worker-(\d+)\.json$/.exec(name) ?? [];
    if (worker === undefined) continue;
    const file = path.join(folder, name);
    try {
      plans.push([`worker ${worker}`, Plan.parse(JSON.parse(await readFile(file, "utf8")))]);
    } catch (error) {
      // Removed in the meantime: the run is finished.
      if (errorCode(error) === "ENOENT") continue;
      throw error instanceof SyntaxError || error instanceof z.ZodError
        ? new UserError(`${file} is broken: remove it, or give a new --run`)
        : describeFault("cannot read", file, error);
    }
  }
  return plans;
}
