import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { SAMPLES } from "../../../apps/trainer/samples.ts";
import { prepareTask, TASK_NAMES } from "../../../apps/trainer/tasks/index.ts";
import { temporaryDirectory } from "./support.ts";

/** The checker's own package, kept between runs in the cache directory. */
const ONNX = "onnx==1.23.2";
const CACHE = process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache");
const VENV = path.join(CACHE, "ml-platform", "onnx-checker");
/** full_check infers every shape; the domain com.microsoft is ONNX Runtime's, so the checker knows it by import only. */
const CHECK = `
import onnx, sys
for file in sys.argv[1:]:
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    print(model.ir_version, sorted((o.domain, o.version) for o in model.opset_import))
`;

/** Python with the `onnx` package; undefined, and a reason, where it cannot be had. */
function pythonWithOnnx(): { python: string } | { missing: string } {
  const python = path.join(VENV, "bin", "python");
  try {
    if (!existsSync(path.join(VENV, "ready"))) {
      execFileSync("python3", ["-m", "venv", "--clear", VENV], { stdio: "pipe" });
      execFileSync(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ONNX], { stdio: "pipe" });
      execFileSync("touch", [path.join(VENV, "ready")]);
    }
    return { python };
  } catch (error) {
    return { missing: error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error) };
  }
}

describe("exported graphs", () => {
  it("pass the checker of the ONNX project", async function () {
    this.timeout(300_000);
    await mkdir(path.dirname(VENV), { recursive: true });
    const found = pythonWithOnnx();
    if ("missing" in found) {
      console.log(`      skipped: Python's onnx package cannot be had here (${found.missing})`);
      this.skip();
    }
    const folder = await temporaryDirectory();
    try {
      const files: string[] = [];
      for (const name of [...TASK_NAMES, "sentiment with pairs"]) {
        const pairs = name.endsWith("pairs");
        const task = prepareTask(pairs ? "sentiment" : name, pairs ? { ngrams: 2, skips: 2, min_rows: 3 } : {});
        const file = task.sample && path.join(SAMPLES, task.sample);
        const { graph } = await task.train({ seed: 1, file, log: { event: () => undefined } });
        files.push(path.join(folder, `${name}.onnx`));
        await writeFile(files.at(-1) ?? "", graph);
      }
      const output = execFileSync(found.python, ["-c", CHECK, ...files], { encoding: "utf8" });
      expect(output.trim().split("\n")).to.deep.equal([
        "10 [('', 21), ('ai.onnx.ml', 3), ('com.microsoft', 1)]",
        "10 [('', 21), ('ai.onnx.ml', 3)]",
        "10 [('', 21), ('ai.onnx.ml', 3)]",
        "10 [('', 21)]",
        "10 [('', 21), ('ai.onnx.ml', 3), ('com.microsoft', 1)]",
      ]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
