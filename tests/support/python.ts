import { execa } from "execa";
import type { Context } from "mocha";
import { type PythonEnvironment, pythonEnvironment } from "../../local/toolchain/python.ts";

/** The interpreter of an environment; skips the test, and says why, where it cannot be had. */
export async function python(test: Context, name: PythonEnvironment): Promise<string> {
  // The first time, packages are fetched and unpacked.
  test.timeout(900_000);
  try {
    return await pythonEnvironment(name);
  } catch (error) {
    console.log(`      skipped: ${error instanceof Error ? error.message : error}`);
    return test.skip();
  }
}

/** Runs a script that prints one JSON value, and returns that value; fails with what it said where it fails. */
export async function runScript(interpreter: string, script: string, ...args: string[]): Promise<unknown> {
  const { stdout } = await execa(interpreter, [script, ...args], { env: { PYTHONDONTWRITEBYTECODE: "1" } });
  return JSON.parse(stdout);
}
