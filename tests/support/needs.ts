import type { Context } from "mocha";
import { installPackages, missingPackages } from "../../cluster/toolchain/packages.ts";

/** What `install` makes; skips the test, and says why, where it cannot be had. The first time, much is fetched and unpacked. */
export async function need<T>(test: Context, install: () => Promise<T>): Promise<T> {
  test.timeout(900_000);
  try {
    return await install();
  } catch (error) {
    console.log(`      skipped: ${error instanceof Error ? error.message : error}`);
    return test.skip();
  }
}

/** Has Debian's packages installed where they are missing; skips the test where they cannot be. */
export function needPackages(test: Context, packages: readonly string[]): Promise<void> {
  return need(test, async () => installPackages(await missingPackages(packages), () => {}));
}
