import { expect } from "chai";
import type { Read } from "../../rollout/decide/read.ts";
import { decisionRecord, type NumberedRecord, startRecord } from "../../rollout/records/record.ts";
import { peerLines, peersOn, RecordedWorld } from "../../rollout/simulate/trace.ts";
import { NOON, planOf, readOf, SETTINGS } from "./support.ts";

const plan = planOf({
  goals: [
    { name: "errors", margin: 0.005 },
    { name: "slower than 0.25 s", margin: 0.01 },
  ],
});

function recordsOf(reads: readonly Read[]): NumberedRecord[] {
  const hold = { action: "hold", reasons: ["a block takes 30 s"], needsPerson: false } as const;
  const records = [startRecord("iris", plan, SETTINGS, NOON), ...reads.map((read) => decisionRecord(read, hold))];
  return records.map((record, index) => ({ line: index + 1, record }));
}

describe("a recorded world", () => {
  const reads = [readOf(0.1, [15, 3, 0], [135, 0, 0]), readOf(0.1, [30, 0, 15], [270, 27, 0])];

  it("has the recorded number of requests, and the shares of bad ones, at any share of the canary", () => {
    const world = new RecordedWorld(plan, reads);
    const { canary, stable, exposure } = world.advance(15, 0.5);
    expect([canary.requests, stable.requests, exposure]).to.deep.equal([75, 75, 75]);
    expect(canary.bad[0]).to.be.closeTo(15, 1e-9);
    expect(stable.bad[0]).to.equal(0);
  });

  it("goes through its reads in order, and begins again at the end", () => {
    const world = new RecordedWorld(plan, reads);
    const { canary, stable } = world.advance(45, 0.1);
    expect(world.seconds).to.be.closeTo(45, 1e-9);
    expect(canary.requests).to.be.closeTo(15 + 30 + 15, 1e-9);
    expect(canary.bad.map((bad) => Math.round(bad * 1000) / 1000)).to.deep.equal([6, 15]);
    expect(stable.bad[0]).to.be.closeTo(27, 1e-9);
  });

  it("leaves out reads without requests of one version, and needs one with both", () => {
    const silent = readOf(0.1, [0, 0, 0], [135, 0, 0]);
    const world = new RecordedWorld(plan, [silent, ...reads]);
    expect(world.advance(15, 0.1).canary.requests).to.be.closeTo(15, 1e-9);
    expect(() => new RecordedWorld(plan, [silent])).to.throw("no read has requests of both versions");
  });
});

describe("the rules of other tools on recorded requests", () => {
  it("promote what stays within their bounds, whatever the stable version does", () => {
    // Twice the stable version's failures, but below 1 %.
    const outcomes = peersOn(recordsOf([readOf(0.1, [1000, 8, 0], [9000, 36, 0])]));
    expect(outcomes.map(({ rule, end }) => [rule, end])).to.deep.equal([
      ["Argo Rollouts", "promoted"],
      ["Flagger", "promoted"],
      ["Kayenta", "aborted"],
    ]);
    expect(outcomes[0]?.seconds).to.be.closeTo(25 * 60, 1e-6);
  });

  it("abort what is above them, and say after how long and how many requests", () => {
    const outcomes = peersOn(recordsOf([readOf(0.25, [190, 4, 0], [560, 0, 0])]));
    expect(outcomes.map(({ rule, end }) => [rule, end])).to.deep.equal([
      ["Argo Rollouts", "aborted"],
      ["Flagger", "aborted"],
      ["Kayenta", "aborted"],
    ]);
    // Argo Rollouts accepts three failed measurements, one a minute, at 1 % of 50 requests a second.
    expect(peerLines(outcomes)[0]).to.equal("Argo Rollouts: aborted after 4.0 minutes and 120 requests to the canary");
  });

  it("have nothing to say where the canary had no requests", () => {
    expect(peerLines(peersOn(recordsOf([readOf(0.1, [0, 0, 0], [135, 0, 0])])))).to.deep.equal([
      "no read has requests of both versions, so other rules cannot be tried on it",
    ]);
    expect(peersOn([])).to.deep.equal([]);
  });
});
