import { expect } from "chai";
import { wordFloat32 } from "../../../../apps/inference/payload/numbers.ts";

describe("wording a float32", () => {
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
    it(`gives a decimal for ${decimal} that is the same float32 and has at most 9 digits`, () => {
      const float = Math.fround(decimal);
      const worded = wordFloat32(float);
      expect(Math.fround(worded)).to.equal(float);
      expect(worded.toPrecision(9)).to.satisfy((text: string) => Number(text) === worded);
    });
  }

  it("gives the decimal that was meant", () => {
    expect([0.1, 0.2, 2.4, 99.9].map((decimal) => wordFloat32(Math.fround(decimal)))).to.deep.equal([
      0.1, 0.2, 2.4, 99.9,
    ]);
  });
});
