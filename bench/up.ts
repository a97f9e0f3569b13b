import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import type { Measurement } from "./measurement.ts";
import { type StepTime, stepTimes } from "./up-steps.ts";

const repository = path.resolve(import.meta.dirname, "..");

/** The durations of `npm run up`, and the steps of the first run. */
export interface UpReport {
  readonly measurements: readonly Measurement[];
  readonly steps: readonly StepTime[];
}

/**
 * Times `npm run up` on a separate cluster, which is stopped and deleted at the end.
 *
 * @param cold whether to build the toolchain in an empty cache as well; takes about twenty minutes on two cores
 */
export async function measureUp(cold: boolean): Promise<UpReport> {
  const folder = await mkdtemp(path.join(tmpdir(), "ml-platform-bench-"));
  const environment = {
    ML_PLATFORM_STATE: path.join(folder, "state"),
    ...(cold
      ? { ML_PLATFORM_CACHE: path.join(folder, "cache"), GOMODCACHE: path.join(folder, "go"), GOFLAGS: "-modcacherw" }
      : {}),
  };
  const run = async (...args: string[]) => {
    const start = Date.now();
    const child = execa("sh", ["scripts/run.sh", "engine/cli.ts", ...args], {
      cwd: repository,
      env: environment,
      stderr: "inherit",
      buffer: false,
    });
    const steps = await stepTimes(child.pid ?? 0, child.iterable());
    await child;
    return { seconds: (Date.now() - start) / 1000, steps };
  };
  try {
    // Unless `cold`, a first run fills the cache with the toolchain and the base image.
    let fresh = await run("up", "--port", "8181");
    if (!cold) {
      await run("down", "--purge");
      fresh = await run("up", "--port", "8181");
    }
    const again = await run("up");
    await run("down");
    const restart = await run("up", "--port", "8181");
    const name = cold ? "up, from nothing" : "up, toolchain cached";
    const measurements = [
      { name, seconds: fresh.seconds, bound: cold ? 22 * 60 : 90 },
      { name: "up again, nothing changed", seconds: again.seconds, bound: 8 },
      { name: "up after down, data kept", seconds: restart.seconds, bound: 90 },
    ];
    return { measurements, steps: fresh.steps };
  } finally {
    await run("down", "--purge").catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }
}
