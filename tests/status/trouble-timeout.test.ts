import { expect } from "chai";
import { Patience } from "../../engine/deploy/trouble-timeout.ts";

const pod = new Set(["pod"]);
const nothing = new Set<string>();

describe("the patience with pods in trouble", () => {
  it("ends for one that crashes again and again, though it runs for a moment in between", () => {
    const patience = new Patience(60);
    const seen = [0, 10, 20, 30, 40, 50, 60].map((now) => [
      patience.isOver(pod, now),
      patience.isOver(nothing, now + 5),
    ]);
    expect(seen.flat()).to.not.include(true);
    expect(patience.isOver(pod, 61)).to.equal(true);
  });

  it("begins anew for one that was well for a while, and is never over for one that is well", () => {
    const patience = new Patience(60);
    patience.isOver(pod, 0);
    patience.isOver(nothing, 20);
    expect(patience.isOver(pod, 70)).to.equal(false);
    expect(patience.isOver(nothing, 200)).to.equal(false);
  });
});
