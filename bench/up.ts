import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import type { Measurement } from "./measurement.ts";

const repository = path.resolve(import.meta.dirname, "..");

/**
 * Times `npm run up` on a cluster of its own, stopped and deleted at the end.
 *
 * @param cold build the toolchain from nothing as well, in an empty cache; takes about twenty minutes on two cores
 */
export async function measureUp(cold: boolean): Promise<Measurement[]> {
  const folder = await mkdtemp(path.join(tmpdir(), "ml-platform-bench-"));
  const environment = {
    ML_PLATFORM_STATE: path.join(folder, "state"),
    ...(cold
      ? { ML_PLATFORM_CACHE: path.join(folder, "cache"), GOMODCACHE: path.join(folder, "go"), GOFLAGS: "-modcacherw" }
      : {}),
  };
  const run = async (...args: string[]) => {
    const start = Date.now();
    await execa(process.execPath, ["local/cli.ts", ...args], { cwd: repository, env: environment, stderr: "inherit" });
    return (Date.now() - start) / 1000;
  };
  try {
    // A first run leaves the toolchain and the base image in the cache, unless there is none to be left.
    const first = await run("up", "--port", "8181");
    let fresh = first;
    if (!cold) {
      await run("down", "--purge");
      fresh = await run("up", "--port", "8181");
    }
    const again = await run("up");
    await run("down");
    const restart = await run("up", "--port", "8181");
    return [
      { name: cold ? "up, from nothing" : "up, toolchain cached", seconds: fresh, bound: cold ? 25 * 60 : 90 },
      { name: "up again, nothing changed", seconds: again, bound: 10 },
      { name: "up after down, data kept", seconds: restart, bound: 90 },
    ];
  } finally {
    await run("down", "--purge").catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }
}
