import type { ResolvedStack } from "./stack.ts";

type Training = ResolvedStack["training"];
type AnyJob = Training["jobs"][number] | Training["cronJobs"][number] | Training["batchJobs"][number];

/** All Jobs of the training pipeline, each with its path in the stack file. */
export function trainingJobs({
  jobs,
  cronJobs,
  batchJobs,
}: Training): { readonly path: string; readonly job: AnyJob }[] {
  return Object.entries({ jobs, cronJobs, batchJobs }).flatMap(([kind, list]) =>
    list.map((job, index) => ({ path: `training.${kind}[${index}]`, job })),
  );
}
