import { expect } from "chai";
import { formatThousandths, thousandths } from "../../../components/kubernetes/quantity.ts";

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
    it(`${text} are ${value} thousandths`, () => {
      expect(thousandths(text)).to.equal(value);
    });
  }

  it("add up without loss: ten times 0.1 CPU is one", () => {
    expect(formatThousandths("cpu", 10 * thousandths("0.1"))).to.equal("1");
  });

  it("are written as people write them", () => {
    expect(formatThousandths("limits.cpu", 1250)).to.equal("1.25");
    expect(formatThousandths("requests.memory", thousandths("1536Mi"))).to.equal("1.5Gi");
    expect(formatThousandths("requests.storage", thousandths("150Gi"))).to.equal("150Gi");
    expect(formatThousandths("pods", 51_000)).to.equal("51");
  });

  it("are refused where they are none", () => {
    for (const text of ["", "lots", "1 Gi", "-1", "1Xi"]) expect(() => thousandths(text)).to.throw(RangeError);
  });
});
