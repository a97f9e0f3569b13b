import { expect } from "chai";
import { formatMilliUnits, milliUnits } from "../../../components/kubernetes/quantity.ts";

describe("quantities", () => {
  for (const [text, value] of [
    ["250m", 250],
    ["2", 2000],
    ["0.1", 100],
    ["1k", 1_000_000],
    ["128Mi", 128 * 2 ** 20 * 1000],
    ["1.5Gi", 1.5 * 2 ** 30 * 1000],
    ["1G", 1e12],
  ] as const) {
    it(`${text} is ${value} milli-units`, () => {
      expect(milliUnits(text)).to.equal(value);
    });
  }

  it("add up without rounding errors: ten times 0.1 CPU is 1", () => {
    expect(formatMilliUnits("cpu", 10 * milliUnits("0.1"))).to.equal("1");
  });

  it("are formatted as people write them", () => {
    expect(formatMilliUnits("limits.cpu", 1250)).to.equal("1.25");
    expect(formatMilliUnits("requests.memory", milliUnits("1536Mi"))).to.equal("1.5Gi");
    expect(formatMilliUnits("requests.storage", milliUnits("150Gi"))).to.equal("150Gi");
    expect(formatMilliUnits("pods", 51_000)).to.equal("51");
  });

  it("are rejected if they are malformed", () => {
    for (const text of ["", "lots", "1 Gi", "-1", "1Xi"]) expect(() => milliUnits(text)).to.throw(RangeError);
  });
});
