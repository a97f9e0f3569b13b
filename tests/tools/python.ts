import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { lastLine, UserError } from "../../common/errors.ts";
import { cacheDirectory } from "../../common/paths.ts";

const requirements = path.join(import.meta.dirname, "python");

/** The Python environments of tests and benchmarks: the lists of pinned packages in `python/`. */
export type PythonEnvironment =
  | "bench-apps"
  | "bench-mlserver"
  | "bench-servers"
  | "exports"
  | "inference-clients"
  | "onnx-checker"
  | "schemathesis"
  | "small-bert"
  | "tokenizers";

/**
 * An interpreter with the packages of an environment, created once and kept in the cache under a name that changes with the
 * list. Run programs of the packages as `python -m`: the environment is moved once it is complete, and its scripts still
 * contain the old path.
 *
 * @returns path of the interpreter
 * @throws UserError with pip's last line if the environment cannot be created
 */
export async function pythonEnvironment(name: PythonEnvironment): Promise<string> {
  const list = path.join(requirements, `${name}.txt`);
  const key = createHash("sha256")
    .update(await readFile(list))
    .digest("hex")
    .slice(0, 12);
  const folder = path.join(cacheDirectory(), "python", `${name}-${key}`);
  if (!existsSync(folder)) {
    const work = `${folder}.${process.pid}`;
    await rm(work, { recursive: true, force: true });
    await mkdir(path.dirname(folder), { recursive: true });
    try {
      await step(name, "python3", ["-m", "venv", work]);
      const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", list];
      await step(name, interpreter(work), pip);
      await rename(work, folder).catch((error: unknown) => {
        // Another process has created the same environment.
        if (!existsSync(folder)) throw error;
      });
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  return interpreter(folder);
}

function interpreter(folder: string): string {
  return path.join(folder, "bin", "python");
}

async function step(name: PythonEnvironment, program: string, args: readonly string[]): Promise<void> {
  const { exitCode, stderr, code } = await execa(program, args, { reject: false, stdout: "ignore" });
  if (code === "ENOENT") {
    throw new UserError("python3 is missing", "install Python 3.11 or newer with its venv module");
  }
  if (exitCode !== 0) {
    throw new UserError(
      `the Python environment ${name} cannot be created (${lastLine(stderr)})`,
      "fix what it says and try again",
    );
  }
}
