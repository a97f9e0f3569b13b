import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { measurePreviews, type PreviewMeasurement } from "./preview.ts";
import { measureUpAgain, type UpAgainMeasurement } from "./up-again.ts";

/** What the engine takes for stacks of many models. */
export interface EngineReport {
  readonly previews: readonly PreviewMeasurement[];
  /** Why there are none, in words, where no cluster runs. */
  readonly ups: readonly UpAgainMeasurement[] | string;
}

/** Measures previews of new stacks, and an `up` without a change of deployed ones where the embedded cluster runs. */
export async function measureEngine(
  report: (line: string) => void,
  sizes: readonly number[] = [10, 100, 400],
): Promise<EngineReport> {
  const folder = await mkdtemp(path.join(tmpdir(), "ml-platform-bench-"));
  try {
    const previews = await measurePreviews(folder, sizes, report);
    return { previews, ups: await measureUpAgain(folder, sizes, report) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
