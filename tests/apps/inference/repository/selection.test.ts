import { expect } from "chai";
import { Selection } from "../../../../apps/inference/repository/selection.ts";

const INDEX = {
  models: [
    { name: "iris", versions: ["1", "2"], latest: "2" },
    { name: "words", versions: ["1"], latest: "1" },
  ],
};

describe("the versions that MODEL_NAME and MODEL_VERSION select", () => {
  const cases: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
    ["*", "latest", ["iris/2", "words/1"], []],
    ["*", "all", ["iris/1", "iris/2", "words/1"], []],
    ["*", "2", ["iris/2"], []],
    ["*", "3", [], ["no version 3 of any model is published in /models"]],
    ["iris,words", "latest", ["iris/2", "words/1"], []],
    ["iris,rose", "latest", ["iris/2"], ["no version of rose is published in /models: published are iris, words"]],
    // Found by its folder, even if the index does not list it.
    ["rose", "7", ["rose/7"], []],
  ];
  for (const [names, version, chosen, missing] of cases) {
    it(`${names} at ${version}: ${chosen.join(", ") || "nothing, with the reason"}`, () => {
      const choice = new Selection(names, version).choose(INDEX, "/models");
      expect(choice.wanted.map((one) => `${one.name}/${one.version}`)).to.deep.equal(chosen);
      expect(choice.missing).to.deep.equal(missing);
    });
  }

  it("are none in an empty registry, with the reason", () => {
    const empty = { models: [] };
    expect(new Selection("*", "latest").choose(empty, "/models").missing).to.deep.equal([
      "no model is published in /models",
    ]);
    expect(new Selection("iris", "latest").choose(empty, "/models").missing).to.deep.equal([
      "no version of iris is published in /models: no model is",
    ]);
  });
});
