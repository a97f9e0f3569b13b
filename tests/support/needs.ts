import type { Context } from "mocha";
import { installPackages, missingPackages } from "../../cluster/toolchain/packages.ts";
import { errorMessage } from "../../common/errors.ts";

/** The result of `install`; skips the test with the reason if that fails. The first call may download and unpack a lot. */
export async function need<T>(test: Context, install: () => Promise<T>): Promise<T> {
  test.timeout(900_000);
  try {
    return await install();
  } catch (error) {
    console.log(`      skipped: ${errorMessage(error)}`);
    return test.skip();
  }
}

/** Installs missing Debian packages; skips the test if that fails. */
export function needPackages(test: Context, packages: readonly string[]): Promise<void> {
  return need(test, async () => installPackages(await missingPackages(packages), () => {}));
}

/** Skips a suite that takes long, with the reason, unless its environment variable asks for it. */
export function onRequest(test: Context, variable: string, reason: string): void {
  if (process.env[variable]) return;
  console.log(`      skipped: ${reason}; set ${variable}=1`);
  test.skip();
}
