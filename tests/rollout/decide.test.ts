import { expect } from "chai";
import { type Decision, decide, stepThreshold } from "../../rollout/decide/decide.ts";
import { errorRates, lowestStep, type Plan } from "../../rollout/decide/plan.ts";
import type { Read } from "../../rollout/decide/read.ts";
import { initialState, type State } from "../../rollout/decide/state.ts";
import { countsOf, NOON, planOf, readOf } from "./support.ts";

const GOOD = [20_000, 20, 200];

/** A healthy read at the state's step. */
function goodRead(plan: Plan, state: State, changes: Partial<Read> = {}): Read {
  const share = plan.steps[state.step]?.share ?? 0;
  const canary = Math.round((20_000 * share) / (1 - share));
  return readOf(share, [canary, Math.round(canary / 1000), Math.round(canary / 100)], GOOD, changes);
}

interface Step {
  readonly state: State;
  readonly decision: Decision;
}

/** Takes reads until a decision other than to hold, and at most `most`. */
function until(
  plan: Plan,
  from: State,
  read: (state: State, index: number) => Read,
  most = 200,
): Step & { count: number } {
  let step: Step = { state: from, decision: { action: "hold", reasons: [], needsPerson: false } };
  for (let count = 1; count <= most; count++) {
    step = decide(plan, step.state, read(step.state, count));
    if (step.decision.action !== "hold") return { ...step, count };
  }
  return { ...step, count: most };
}

describe("a decision", () => {
  it("advances through all steps to the promotion, and then stays", () => {
    const plan = planOf();
    let state = initialState(plan);
    const actions: string[] = [];
    while (state.ended === undefined) {
      const next = until(plan, state, (at) => goodRead(plan, at));
      actions.push(next.decision.action);
      state = next.state;
    }
    expect(actions).to.deep.equal(["advance", "advance", "advance", "advance", "promote"]);
    const after = decide(plan, state, goodRead(plan, state));
    expect(after).to.deep.equal({
      state,
      decision: { action: "hold", reasons: ["the rollout has ended: promoted"], needsPerson: false },
    });
  });

  it("does not change what it is given", () => {
    const plan = planOf();
    const state = initialState(plan);
    const read = goodRead(plan, state);
    const before = structuredClone([plan, state, read]);
    decide(plan, decide(plan, state, read).state, read);
    expect([plan, state, read]).to.deep.equal(before);
  });

  it("goes on from a state that was written as JSON", () => {
    const plan = planOf();
    let kept = initialState(plan);
    let parsed = kept;
    for (let index = 0; index < 30; index++) {
      kept = decide(plan, kept, goodRead(plan, kept)).state;
      const text = JSON.stringify(parsed, (_, value) => (value === Number.NEGATIVE_INFINITY ? "-Infinity" : value));
      const back = JSON.parse(text, (_, value) => (value === "-Infinity" ? Number.NEGATIVE_INFINITY : value));
      parsed = decide(plan, back, goodRead(plan, parsed)).state;
    }
    const defined = (state: State) =>
      Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined));
    expect(defined(parsed)).to.deep.equal(defined(kept));
  });

  it("aborts a version that fails two percent more, with the goal and both rates", () => {
    const plan = planOf();
    const end = until(plan, initialState(plan), () => readOf(0.01, [200, 4, 2], GOOD));
    expect(end.decision.action).to.equal("abort");
    expect(end.decision.reasons[0]).to.equal(
      "version 2 is worse: errors lately 2 %, version 1 0.1 %; a version that is no worse comes to this with a chance below 1 %",
    );
  });

  it("does not abort for an outage that both versions share", () => {
    const plan = planOf();
    const end = until(plan, initialState(plan), () => readOf(0.01, [200, 60, 2], [20_000, 6_000, 200]), 40);
    expect(end.decision.action).to.equal("hold");
  });

  it("backs off at once from a read full of failures, and waits for a person after the third", () => {
    const plan = planOf();
    let state: State = { ...initialState(plan), step: 2, share: 0.1 };
    const bad = readOf(0.1, [2_000, 1_000, 20], GOOD);
    for (const needsPerson of [false, false, true]) {
      const { decision, ...next } = decide(plan, { ...state, step: 2 }, bad);
      expect([decision.action, decision.needsPerson]).to.deep.equal(["back", needsPerson]);
      expect(next.state.step).to.equal(0);
      state = next.state;
    }
    const held = until(plan, state, (at) => goodRead(plan, at), 60);
    expect(held.decision).to.deep.equal({
      action: "hold",
      reasons: ["backed off 3 times; a person must decide"],
      needsPerson: true,
    });
  });

  it("holds without data, says why, and keeps what it knows", () => {
    const plan = planOf();
    const state = until(plan, initialState(plan), (at) => goodRead(plan, at), 6).state;
    const missing = { at: NOON, seconds: 15, weights: { "1": 99, "2": 1 }, missing: "Prometheus does not answer" };
    const after = decide(plan, state, missing);
    expect(after.decision.reasons).to.deep.equal(["Prometheus does not answer"]);
    expect(after.state).to.deep.equal({ ...state, visit: { ...state.visit, seconds: state.visit.seconds + 15 } });
    const one = decide(plan, state, { ...missing, missing: undefined, counts: { "1": countsOf(GOOD) } } as Read);
    expect(one.decision.reasons).to.deep.equal(["no counts of version 2"]);
  });

  it("holds without traffic, however long", () => {
    const plan = planOf();
    const end = until(plan, initialState(plan), () => readOf(0.01, [0, 0, 0], GOOD), 2_000);
    expect(end.decision.action).to.equal("hold");
    expect(end.decision.reasons).to.deep.equal(["no requests to version 2 for 29985 s"]);
    expect(end.state.blocks).to.equal(0);
  });

  it("counts nothing while the route's weights are not the step's", () => {
    const plan = planOf();
    const end = until(plan, initialState(plan), () => readOf(0.2, [5_000, 5, 50], GOOD), 50);
    expect(end.state.blocks).to.equal(0);
    expect(end.decision.reasons).to.deep.equal([
      "version 2 gets 20 % of the requests by the route's weights, not the step's 1 %; nothing is counted until they agree",
    ]);
  });

  it("holds where the share of the requests does not fit the weight", () => {
    const plan = planOf({ minRequests: 1e6 });
    const end = until(plan, initialState(plan), () => readOf(0.01, [400, 0, 4], [19_600, 20, 196]), 41);
    expect(end.decision.action).to.equal("hold");
    expect(end.decision.needsPerson).to.equal(true);
    expect(end.decision.reasons[0]).to.match(
      /^version 2's share of the requests \(2 % in the last read\) does not fit/,
    );
  });

  it("needs minRequests at each step", () => {
    const plan = planOf({ minRequests: 5_000 });
    const end = until(plan, initialState(plan), (at) => goodRead(plan, at));
    expect(end.decision.action).to.equal("advance");
    // 202 requests a read, of which the first does not count, and blocks of two reads.
    expect(end.count).to.equal(1 + 2 * Math.ceil(5_000 / 404));
    const early = until(plan, initialState(plan), (at) => goodRead(plan, at), 9);
    expect(early.decision.reasons).to.deep.equal(["1616 of 5000 requests to version 2 at this step (minRequests)"]);
  });

  it("does not advance in a freeze window, and still aborts", () => {
    const plan = planOf({ freeze: [{ days: ["Wed"], from: "11:00", to: "13:00", timeZone: "UTC" }] });
    const held = until(plan, initialState(plan), (at) => goodRead(plan, at), 41);
    expect(held.decision.reasons).to.deep.equal(["frozen: Wed 11:00–13:00 UTC"]);
    const thawed = until(plan, held.state, (at) => goodRead(plan, at, { at: NOON + 3_600_000 }), 2);
    expect(thawed.decision.action).to.equal("advance");
    const bad = until(plan, initialState(plan), () => readOf(0.01, [200, 40, 2], GOOD));
    expect(bad.decision.action).to.equal("abort");
  });

  it("waits for the approval of a step that needs one", () => {
    const plan = planOf({ steps: planOf().steps.map((step, index) => ({ ...step, approval: index === 0 })) });
    const held = until(plan, initialState(plan), (at) => goodRead(plan, at), 21);
    expect(held.decision).to.deep.equal({
      action: "hold",
      reasons: ["step 1 % waits for approval"],
      needsPerson: true,
    });
    expect(until(plan, held.state, (at) => goodRead(plan, at, { approved: [1] }), 2).decision.action).to.equal("hold");
    expect(until(plan, held.state, (at) => goodRead(plan, at, { approved: [0] }), 2).decision.action).to.equal(
      "advance",
    );
  });

  it("is late after the deadline: holds, and aborts all the same", () => {
    const plan = planOf({ deadlineSeconds: 60 });
    const held = until(plan, initialState(plan), (at) => goodRead(plan, at), 40);
    expect(held.decision.action).to.equal("hold");
    expect(held.decision.needsPerson).to.equal(true);
    expect(held.decision.reasons[0]).to.match(/^\d+ minutes at this step, more than its deadline of 1; a person must/);
    expect(until(plan, held.state, () => readOf(0.01, [200, 40, 2], GOOD)).decision.action).to.equal("abort");
  });

  it("lets no counter that started again speak for the version that lost failures", () => {
    const plan = planOf();
    const reset = (at: State) => {
      const read = goodRead(plan, at);
      const canary = read.counts?.["2"];
      return { ...read, counts: { ...read.counts, ...(canary && { "2": { ...canary, reset: true } }) } };
    };
    const held = until(plan, initialState(plan), reset, 61);
    expect(held.decision.action).to.equal("hold");
    expect(held.decision.reasons).to.include("a counter of version 2 started again; failures may be missing");
    for (const goal of held.state.goals) expect(goal.noWorse[0]).to.be.at.most(0);
  });
});

describe("the plan", () => {
  it("asks for little before a small share, and for 1/α at the end", () => {
    const plan = planOf();
    const thresholds = plan.steps.map((_, step) => stepThreshold(plan, step));
    expect(thresholds.map((each) => Math.round(each * 1e6) / 1e6)).to.deep.equal([1, 1, 2.5, 5, 20]);
  });

  it("turns confidence into the chance of each wrong decision", () => {
    const { promote, abort, split } = errorRates(0.95);
    expect([promote, abort, split].map((each) => Number(each.toFixed(6)))).to.deep.equal([0.05, 0.01, 0.001]);
  });

  it("starts where a block has a canary request", () => {
    expect([1000, 2, 0.5, 0.01].map((rate) => lowestStep([0.01, 0.05, 0.1, 0.5], rate))).to.deep.equal([0, 1, 2, 3]);
  });
});
