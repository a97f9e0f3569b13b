import { execFileSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { SAMPLES } from "../../../apps/trainer/data/samples.ts";
import { prepareTask, TASK_NAMES } from "../../../apps/trainer/tasks/index.ts";
import { python } from "../../support/python.ts";
import { temporaryDirectory } from "./support.ts";

/** full_check infers all shapes. The checker accepts the domain com.microsoft of ONNX Runtime but does not know its operators. */
const CHECK = `
import onnx, sys
for file in sys.argv[1:]:
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    print(model.ir_version, sorted((o.domain, o.version) for o in model.opset_import))
`;

describe("exported graphs", () => {
  it("pass the checker of the ONNX project", async function () {
    const interpreter = await python(this, "onnx-checker");
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
      const output = execFileSync(interpreter, ["-c", CHECK, ...files], { encoding: "utf8" });
      expect(output.trim().split("\n")).to.deep.equal([
        "10 [('', 21), ('ai.onnx.ml', 3), ('com.microsoft', 1)]",
        "10 [('', 21), ('ai.onnx.ml', 3)]",
        "10 [('', 21), ('ai.onnx.ml', 3)]",
        "10 [('', 21)]",
        "10 [('', 21), ('ai.onnx.ml', 3)]",
        "10 [('', 21), ('ai.onnx.ml', 3), ('com.microsoft', 1)]",
      ]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
