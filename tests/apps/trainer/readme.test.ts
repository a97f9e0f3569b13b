import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { prepareTask, TASK_NAMES } from "../../../apps/trainer/tasks/index.ts";

const README = path.join(import.meta.dirname, "../../../apps/trainer/README.md");

describe("the trainer's README", () => {
  it("documents every task and every parameter with its default", async () => {
    const text = await readFile(README, "utf8");
    for (const name of TASK_NAMES) {
      const [, section = ""] = text.split(`\n### ${name}\n`);
      const rows = (section.split(/\n##/)[0] ?? "").split("\n").filter((line) => line.startsWith("| `"));
      const documented = new Map(
        rows.flatMap((row) => {
          const [, names = "", byDefault = ""] = row.split("|").map((cell) => cell.trim());
          return names.split(", ").map((parameter): [string, string] => [parameter.replaceAll("`", ""), byDefault]);
        }),
      );
      const { parameters } = prepareTask(name, {});
      expect([...documented.keys()].sort(), name).to.deep.equal(Object.keys(parameters).sort());
      for (const [parameter, value] of Object.entries(parameters))
        if (value !== "") expect(documented.get(parameter), `${name}: ${parameter}`).to.equal(String(value));
    }
  });
});
