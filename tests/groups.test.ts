import { glob, readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { folderOf, GROUPS, groupOf, inOrder, selectionOf } from "./groups.ts";

const repository = path.resolve(import.meta.dirname, "..");

describe("test groups", () => {
  it("are determined by the path of a file; all other files are unit tests", () => {
    for (const [file, group] of [
      ["tests/config/schema.test.ts", "unit"],
      ["tests/groups.test.ts", "unit"],
      ["tests/new/thing.test.ts", "unit"],
      ["tests/rollout/simulate.test.ts", "rollout"],
      ["tests/render/golden.test.ts", "render"],
      ["tests/render/schema.test.ts", "tools"],
      ["tests/apps/inference/v1.test.ts", "server"],
      ["tests/apps/inference-clients/sigterm.test.ts", "server"],
      ["tests/apps/inference-clients/real-clients.test.ts", "tools"],
      ["tests/apps/sources/http.test.ts", "server"],
      ["tests/apps/registry.test.ts", "trainer"],
      ["tests/apps/trainer/iris.test.ts", "trainer"],
      ["tests/apps/trainer/onnx-checker.test.ts", "tools"],
      ["tests/apps/imports/imports.test.ts", "tools"],
      ["tests/apps/sources/real-s3.test.ts", "tools"],
      ["tests/apps/inference/text/tokenizer-parity.test.ts", "tools"],
      ["tests/engine/plugins/random.test.ts", "engine"],
      ["tests/cluster/examples/mlops-lab.test.ts", "cluster"],
    ] as const) {
      expect(groupOf(file), file).to.equal(group);
    }
  });

  it("run in order, suites without requirements first and the cluster last", () => {
    const files = [
      "tests/cluster/a.test.ts",
      "tests/quality.test.ts",
      "tests/config/b.test.ts",
      "tests/config/a.test.ts",
    ];
    expect(inOrder(files)).to.deep.equal([files[3], files[2], files[1], files[0]]);
    expect(GROUPS.at(0)).to.equal("unit");
    expect(GROUPS.at(-1)).to.equal("cluster");
  });

  it("without tools contain no suite that needs a tool", async () => {
    const asks =
      /ensureTool|tools\/(?:index|python|simulated-node)|support\/(?:python|needs|chromium)|\/schemas\.ts|\/promtool\.ts/;
    for await (const file of glob("tests/**/*.test.ts", { cwd: repository })) {
      const text = await readFile(path.join(repository, file), "utf8");
      if (file === "tests/groups.test.ts" || !asks.test(text)) continue;
      expect(["tools", "engine", "cluster"], file).to.include(groupOf(file));
    }
  });

  it("are selected by name, and files by globs; the default is all", () => {
    expect(selectionOf([])).to.deep.equal({ globs: ["tests/**/*.test.ts"], groups: undefined });
    expect(selectionOf(["unit", "server"])).to.deep.equal({
      globs: ["tests/**/*.test.ts"],
      groups: ["unit", "server"],
    });
    expect(selectionOf(["tests/config/*.ts"])).to.deep.equal({ globs: ["tests/config/*.ts"], groups: undefined });
    expect(() => selectionOf(["unit", "tests/config/*.ts"])).to.throw("give groups (unit, rollout, render, server, ");
  });

  it("report their time by folder, with one folder per app", () => {
    expect(folderOf("tests/render/documents/ml-course.test.ts")).to.equal("render");
    expect(folderOf("tests/apps/inference/v1.test.ts")).to.equal("apps/inference");
    expect(folderOf("tests/apps/registry.test.ts")).to.equal("apps");
    expect(folderOf("tests/quality.test.ts")).to.equal(".");
  });
});
