import { expect } from "chai";
import { errorPosition } from "../../../../apps/inference/payload/json-error.ts";

describe("the position of a JSON syntax error", () => {
  const errors: readonly (readonly [string, number])[] = [
    ["", 0],
    [" ", 1],
    ['{"a":}', 5],
    ["[1,]", 3],
    ["[,1]", 1],
    ['{"a" 1}', 5],
    ["{a:1}", 1],
    ['{"a":1,}', 7],
    ['{"a":1,b:2}', 7],
    ["[1 2]", 3],
    ['["a', 3],
    ['["a\n"]', 3],
    ['["\\x"]', 3],
    ['["\\u12"]', 6],
    ["01", 1],
    ["NaN", 0],
    ["nul", 3],
    ["[nulL]", 4],
    ["[-]", 2],
    ["1.", 2],
    ["[1.e2]", 3],
    ["[1e+]", 4],
    ['{"a":1}x', 7],
    ["[{},[]", 6],
    ["[[1],[2}]", 7],
    ["{]", 1],
    ["{}}", 2],
  ];
  for (const [text, at] of errors) {
    it(`${JSON.stringify(text)}: ${at}`, () => {
      expect(() => JSON.parse(text)).to.throw(SyntaxError);
      expect(errorPosition(text)).to.equal(at);
    });
  }

  it("is the one that V8 reports, if V8 reports one", () => {
    const text = JSON.stringify(
      { a: [1, -2.5e3, [true, null, {}], []], "\u00e9\\\n": { b: "c\t\ud83d\ude00", d: "" } },
      null,
      1,
    );
    let compared = 0;
    for (let at = 0; at < text.length; at++) {
      for (const char of ["", ",", "]", "x", '"', "\n", ":", "{", "1"]) {
        const broken = text.slice(0, at) + char + text.slice(at + 1);
        const position = positionOf(broken);
        if (position !== undefined) {
          compared += 1;
          expect(errorPosition(broken), broken).to.equal(position);
        }
      }
    }
    expect(compared).to.be.greaterThan(300);
  });

  it("is found in texts of several megabytes, flat or nested", () => {
    for (const whole of [`["${"a".repeat(10_000_000)}"`, `["${"\\n".repeat(2_000_000)}"`, "[".repeat(1_000_000)]) {
      expect(errorPosition(whole)).to.equal(whole.length);
    }
  });
});

function positionOf(text: string): number | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const position = / at position (\d+)/.exec((error as Error).message)?.[1];
    return position === undefined ? undefined : Number(position);
  }
}
