import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { graphFacts } from "../../../../apps/inference/model/graph/facts.ts";

const FIXTURES = path.join(import.meta.dirname, "..", "fixtures");

const factsOf = async (name: string) => graphFacts(await readFile(path.join(FIXTURES, name)));

describe("facts about a graph", () => {
  it("name the files with its weights", async () => {
    const graphs = (await readdir(FIXTURES)).filter((name) => name.endsWith(".onnx"));
    const found: Record<string, string[]> = {};
    for (const name of graphs) {
      const { externalFiles, hasInnerExternalData } = await factsOf(name);
      expect(hasInnerExternalData, name).to.equal(false);
      if (externalFiles.size > 0) found[name] = [...externalFiles];
    }
    expect(found).to.deep.equal({ "external.onnx": ["weights.bin"], "weighted.onnx": ["weighted.data"] });
    expect(graphs.length).to.be.greaterThan(5);
  });

  it("name the classes of its classifier, or of its map", async () => {
    expect(await factsOf("one-or-two.onnx")).to.deep.include({ classes: [1, 2], classNames: ["1", "2"] });
    expect(await factsOf("maps.onnx")).to.deep.include({ classes: undefined, classNames: ["0", "1"] });
    expect(await factsOf("pair.onnx")).to.deep.include({ classes: undefined, classNames: undefined });
  });
});
