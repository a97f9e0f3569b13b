import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { measurePreviews, type PreviewMeasurement } from "./preview.ts";
import { measureUpAgain, type UpAgainMeasurement } from "./up-again.ts";

/** Cost of the engine for stacks with many models. */
export interface EngineReport {
  readonly previews: readonly PreviewMeasurement[];
  /** The measurements, or the reason why there are none. */
  readonly ups: readonly UpAgainMeasurement[] | string;
}

/** Numbers of models in the measured stacks. */
export const SIZES = [10, 100, 400] as const;

/** Measures previews of new stacks and, if the embedded cluster is running, an `up` of deployed stacks that changes nothing. */
export async function measureEngine(
  report: (line: string) => void,
  sizes: readonly number[] = SIZES,
): Promise<EngineReport> {
  const folder = await mkdtemp(path.join(tmpdir(), "ml-platform-bench-"));
  try {
    const previews = await measurePreviews(folder, sizes, report);
    return { previews, ups: await measureUpAgain(folder, sizes, report) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
