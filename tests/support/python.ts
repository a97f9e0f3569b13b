import { execa } from "execa";
import type { Context } from "mocha";
import { type PythonEnvironment, pythonEnvironment } from "../tools/python.ts";
import { need } from "./needs.ts";

/** The interpreter of an environment; skips the test, and says why, where it cannot be had. */
export function python(test: Context, name: PythonEnvironment): Promise<string> {
  return need(test, () => pythonEnvironment(name));
}

/** Runs a script that prints one JSON value, and returns that value; fails with what it said where it fails. */
export async function runScript(interpreter: string, script: string, ...args: string[]): Promise<unknown> {
  const { stdout } = await execa(interpreter, [script, ...args], { env: { PYTHONDONTWRITEBYTECODE: "1" } });
  return JSON.parse(stdout);
}
