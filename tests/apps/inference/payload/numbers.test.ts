import { expect } from "chai";
import { serializeFloat32 } from "../../../../apps/inference/payload/serialize.ts";

describe("serializing a float32", () => {
  for (const decimal of [
    2.5,
    0.1,
    0.7,
    1 / 3,
    1e-7,
    16777217.5,
    123456.79,
    3.4e38,
    1.401298464324817e-45,
    -0.000123456,
  ]) {
    it(`writes ${decimal} as a decimal of at most 9 digits that parses to the same float32`, () => {
      const float = Math.fround(decimal);
      const serialized = serializeFloat32(float);
      expect(Math.fround(serialized)).to.equal(float);
      expect(serialized.toPrecision(9)).to.satisfy((text: string) => Number(text) === serialized);
    });
  }

  it("writes the shortest decimal", () => {
    expect([0.1, 0.2, 2.4, 99.9].map((decimal) => serializeFloat32(Math.fround(decimal)))).to.deep.equal([
      0.1, 0.2, 2.4, 99.9,
    ]);
  });
});
