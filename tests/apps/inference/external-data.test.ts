import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { hasExternalData } from "../../../apps/inference/model/external-data.ts";

const FIXTURES = path.join(import.meta.dirname, "fixtures");

describe("weights in files of their own", () => {
  it("are found in a graph that has them, and in no other", async () => {
    const graphs = (await readdir(FIXTURES)).filter((name) => name.endsWith(".onnx"));
    const found: string[] = [];
    for (const name of graphs) {
      if (hasExternalData(await readFile(path.join(FIXTURES, name)))) found.push(name);
    }
    expect(found).to.deep.equal(["external.onnx"]);
    expect(graphs.length).to.be.greaterThan(5);
  });

  it("are not taken for a word of the description", () => {
    const property = Buffer.from("\x72\x15\x0a\x08location\x12\x07Bavaria");
    expect(hasExternalData(property)).to.equal(false);
    expect(hasExternalData(Buffer.from("\x6a\x15\x0a\x08location\x12\x07weights"))).to.equal(true);
  });
});
