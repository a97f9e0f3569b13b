import { execa } from "execa";
import type { Context } from "mocha";
import { type PythonEnvironment, pythonEnvironment } from "../tools/python.ts";
import { need } from "./needs.ts";

/** The interpreter of an environment; skips the test with the reason if it cannot be created. */
export function python(test: Context, name: PythonEnvironment): Promise<string> {
  return need(test, () => pythonEnvironment(name));
}

/** Runs a script that prints one JSON value, and returns that value. */
export async function runScript(interpreter: string, script: string, ...args: string[]): Promise<unknown> {
  const { stdout } = await execa(interpreter, [script, ...args], { env: { PYTHONDONTWRITEBYTECODE: "1" } });
  return JSON.parse(stdout);
}
