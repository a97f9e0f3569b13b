import type { Context } from "mocha";
import { installPackages, missingPackages } from "../../local/toolchain/packages.ts";

/** Has Debian's packages installed where they are missing; skips the test, and says why, where they cannot be. */
export async function needPackages(test: Context, packages: readonly string[]): Promise<void> {
  // The first time, packages are fetched and unpacked.
  test.timeout(900_000);
  try {
    await installPackages(await missingPackages(packages), () => {});
  } catch (error) {
    console.log(`      skipped: ${error instanceof Error ? error.message : error}`);
    test.skip();
  }
}
