import { expect } from "chai";
import { decide } from "../../rollout/decide/decide.ts";
import { updateHealth } from "../../rollout/decide/health.ts";
import type { Health, Read } from "../../rollout/decide/read.ts";
import { initialState, type State } from "../../rollout/decide/state.ts";
import { NOON, planOf, readOf } from "./support.ts";

const PLAN = planOf();

/** A read without counts, of which only the pods matter. */
function podsRead(index: number, canary: Partial<Health>, stable: Partial<Health> = {}): Read {
  const pods = { pods: 3, ready: 3, restarts: 0 };
  return {
    at: NOON + index * 15_000,
    seconds: 15,
    weights: { "1": 99, "2": 1 },
    missing: "none",
    health: { "1": { ...pods, ...stable }, "2": { ...pods, pods: 1, ready: 1, ...canary } },
  };
}

function decided(reads: readonly Read[]): { state: State; action: string; reasons: readonly string[] } {
  let state = initialState(PLAN);
  let last = { action: "hold", reasons: [] as readonly string[] };
  for (const read of reads) {
    const next = decide(PLAN, state, read);
    state = next.state;
    last = next.decision;
    if (state.ended !== undefined) break;
  }
  return { state, ...last };
}

const times = (count: number, read: (index: number) => Read) =>
  Array.from({ length: count }, (_, index) => read(index));

describe("the state of the pods", () => {
  it("aborts a canary without a ready pod for a minute, and names its trouble", () => {
    const unready = (index: number) =>
      podsRead(index, { ready: 0, trouble: "Pod iris-v2-x is Pending: Insufficient cpu" });
    expect(decided(times(4, unready)).action).to.equal("hold");
    const { action, reasons, state } = decided(times(5, unready));
    expect([action, state.ended]).to.deep.equal(["abort", "abort"]);
    expect(reasons).to.deep.equal([
      "version 2 has had no ready pod for 60 s: Pod iris-v2-x is Pending: Insufficient cpu",
    ]);
  });

  it("holds if the stable version has no ready pod either, or the canary recovers in between", () => {
    expect(decided(times(40, (index) => podsRead(index, { ready: 0 }, { ready: 0 }))).action).to.equal("hold");
    expect(decided(times(40, (index) => podsRead(index, { ready: index % 4 === 0 ? 1 : 0 }))).action).to.equal("hold");
  });

  it("does not count the time before the first look at an unready pod", () => {
    const late = { ...podsRead(1, { ready: 0 }), at: NOON + 3_600_000 };
    expect(decided([podsRead(0, {}), late]).action).to.equal("hold");
  });

  it("aborts a canary whose containers crash again and again", () => {
    const { action, reasons } = decided(times(20, (index) => podsRead(index, { restarts: index })));
    expect(action).to.equal("abort");
    expect(reasons[0]).to.match(/^version 2's containers crashed [2-5] times since the start, version 1's 0 times$/);
  });

  it("is no evidence if both versions crash alike, or restarts are from before", () => {
    const alike = (index: number) => podsRead(index, { restarts: Math.floor(index / 3) }, { restarts: index });
    expect(decided(times(300, alike)).action).to.equal("hold");
    expect(decided(times(20, (index) => podsRead(index, { restarts: 50 + (index > 5 ? 1 : 0) }))).action).to.equal(
      "hold",
    );
  });

  it("is an e-process: its expectation under equal rates of crashes is 1 for each crash", () => {
    for (const [canaryPods, stablePods] of [
      [1, 3],
      [2, 2],
      [5, 1],
    ] as const) {
      const payoff = (version: "1" | "2") => {
        const health = (more: number) => ({
          "1": { pods: stablePods, ready: 1, restarts: version === "1" ? more : 0 },
          "2": { pods: canaryPods, ready: 1, restarts: version === "2" ? more : 0 },
        });
        const before = updateHealth(PLAN, initialState(PLAN).health, { ...readOf(0.01, [1], [1]), health: health(0) });
        return updateHealth(PLAN, before, { ...readOf(0.01, [1], [1]), health: health(1) }).crashes;
      };
      const share = canaryPods / (canaryPods + stablePods);
      expect(share * Math.exp(payoff("2")) + (1 - share) * Math.exp(payoff("1"))).to.be.closeTo(1, 1e-12);
    }
  });

  it("changes nothing where it is unknown", () => {
    expect(decided([readOf(0.01, [10, 0, 0], [1000, 1, 1])]).state.health).to.deep.equal(initialState(PLAN).health);
  });
});
