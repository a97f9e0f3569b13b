import { expect } from "chai";
import { predictSchemas } from "../../../../apps/inference/openapi/request-schemas.ts";
import { featureReader } from "../../../../apps/inference/protocols/predict/feature.ts";
import type { ModelMetadata } from "../../../../apps/registry/metadata.ts";
import { metadataOf } from "../support/registry.ts";

describe("a categorical feature", () => {
  let metadata: ModelMetadata;
  const categories = { member: ["False", "True"], floor: ["1", "2"], city: ["Oslo", "Malmö"] };
  before(async () => {
    const whole = await metadataOf("iris", "1");
    const features = [...Object.keys(categories), "age"];
    const inputs = [{ name: "x", datatype: "BYTES" as const, shape: [-1, 4] }];
    metadata = { ...whole, signature: { ...whole.signature, inputs, features, categories } };
  });

  const read = (value: unknown, column: number) => {
    const [input] = metadata.signature.inputs;
    if (input === undefined) throw new Error("no input");
    return featureReader(metadata, input, 4).read(value, column, "", "field");
  };

  it("takes booleans and numbers that are spelled in its categories", () => {
    expect([read(true, 0), read(false, 0), read("True", 0), read(2, 1), read("2", 1)]).to.deep.equal([
      "True",
      "False",
      "True",
      "2",
      "2",
    ]);
  });

  it("rejects other booleans and numbers", () => {
    for (const [value, column] of [
      [true, 2],
      [3, 1],
      [true, 1],
      [1, 0],
    ] as const) {
      expect(() => read(value, column), `${value} in column ${column}`).to.throw(/must be a string or null, not a/);
    }
  });

  it("is described by the types that it takes", () => {
    const schema = predictSchemas(metadata, 10)?.request["properties"];
    const types = Object.values(schema ?? {}).map((property: { type: unknown }) => property.type);
    expect(types).to.deep.equal([
      ["string", "null", "boolean"],
      ["string", "null", "number"],
      ["string", "null"],
      ["number", "null"],
    ]);
  });
});
