import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { graphFacts } from "../../../../apps/inference/model/graph-facts.ts";

const FIXTURES = path.join(import.meta.dirname, "..", "fixtures");

describe("weights in separate files", () => {
  it("are detected in graphs that have them, and in no others", async () => {
    const graphs = (await readdir(FIXTURES)).filter((name) => name.endsWith(".onnx"));
    const found: string[] = [];
    for (const name of graphs) {
      if (graphFacts(await readFile(path.join(FIXTURES, name))).hasExternalData) found.push(name);
    }
    expect(found).to.deep.equal(["external.onnx"]);
    expect(graphs.length).to.be.greaterThan(5);
  });
});
