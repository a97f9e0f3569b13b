import { expect } from "chai";
import { TroubleTimer } from "../../engine/deploy/trouble-timer.ts";

const pod = new Set(["pod"]);
const nothing = new Set<string>();

describe("the timeout for pods in trouble", () => {
  it("expires for a pod that keeps crashing, even if it runs for a moment in between", () => {
    const timer = new TroubleTimer(60);
    const seen = [0, 10, 20, 30, 40, 50, 60].map((now) => [
      timer.isTimedOut(pod, now),
      timer.isTimedOut(nothing, now + 5),
    ]);
    expect(seen.flat()).to.not.include(true);
    expect(timer.isTimedOut(pod, 61)).to.equal(true);
  });

  it("starts again after a recovery, and never expires for a healthy pod", () => {
    const timer = new TroubleTimer(60);
    timer.isTimedOut(pod, 0);
    timer.isTimedOut(nothing, 20);
    expect(timer.isTimedOut(pod, 70)).to.equal(false);
    expect(timer.isTimedOut(nothing, 200)).to.equal(false);
  });
});
