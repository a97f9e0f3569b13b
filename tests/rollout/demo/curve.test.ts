import { expect } from "chai";
import { bar, curve, eventLine, pointsOf } from "../../../rollout/demo/curve.ts";
import type { NumberedRecord, RolloutRecord } from "../../../rollout/records/record.ts";
import { decisionRecord, startRecord, timeText } from "../../../rollout/records/record.ts";
import { NOON, planOf, readOf, SETTINGS } from "../support.ts";

const plan = planOf({ steps: [{ share: 0.25, approval: false }], goals: [{ name: "errors", margin: 0.005 }] });
const at = (seconds: number) => timeText(NOON + seconds * 1000);
const quarter = { ...SETTINGS, weight: 25 };
const swapped = { ...SETTINGS, stable: "2", canary: "1" };

function numbered(...records: readonly RolloutRecord[]): NumberedRecord[] {
  return records.map((record, index) => ({ line: index + 1, record }));
}

const started: readonly RolloutRecord[] = [
  startRecord("iris", plan, SETTINGS, NOON),
  { record: "move", time: at(1), from: SETTINGS, through: [quarter] },
  { record: "moved", time: at(10) },
];

describe("the curve of a rollout", () => {
  it("rises when a move has arrived, and ends at 100 % if the versions have changed places", () => {
    const promoted: readonly RolloutRecord[] = [
      { record: "move", time: at(90), from: quarter, through: [{ ...quarter, weight: 100 }, swapped] },
      { record: "moved", time: at(100) },
    ];
    expect(pointsOf(numbered(...started, ...promoted))).to.deep.equal([
      { at: NOON, weight: 0 },
      { at: NOON + 10_000, weight: 25 },
      { at: NOON + 100_000, weight: 100 },
    ]);
  });

  it("falls to 0 at an abort, and not before its move has arrived", () => {
    const abort: RolloutRecord = { record: "move", time: at(90), from: quarter, through: [SETTINGS] };
    expect(pointsOf(numbered(...started, abort)).at(-1)).to.deep.equal({ at: NOON + 10_000, weight: 25 });
    const arrived = numbered(...started, abort, { record: "moved", time: at(95) });
    expect(pointsOf(arrived).at(-1)).to.deep.equal({ at: NOON + 95_000, weight: 0 });
  });

  it("is drawn with time to the right, and shows the smallest share", () => {
    const points = [
      { at: 0, weight: 0 },
      { at: 30_000, weight: 1 },
      { at: 60_000, weight: 50 },
      { at: 90_000, weight: 100 },
    ];
    expect(curve(points, 120_000, { columns: 8, rows: 2 })).to.deep.equal([
      " 100 % ┤      ██",
      "  50 % ┤  ▁▁████",
      "       └────────",
      "        02:00 min",
    ]);
  });

  it("has bars as long as their share", () => {
    expect([0, 50, 100, 6.25].map((share) => bar(share, 2))).to.deep.equal(["", "█", "██", "▏"]);
  });
});

describe("a line of a rollout that is watched", () => {
  const file = "Pulumi.test.rollout-iris.jsonl";

  it("shows the share, the requests of both versions, the evidence and the decision", () => {
    const read = readOf(0.25, [100, 2], [300, 1], { at: NOON + 20_000 });
    const decided = decisionRecord(read, { action: "hold", reasons: ["a block takes 30 s"], needsPerson: false });
    expect(eventLine(numbered(...started, decided), file)).to.equal(
      "12:00:20  █████                 25 %  v1 300 requests, 1 bad · v2 100 requests, 2 bad · evidence of harm 0 of 100 · hold: a block takes 30 s",
    );
  });

  it("says why there is nothing to see", () => {
    const read = { at: NOON + 20_000, seconds: 0, weights: {}, missing: "Prometheus cannot be reached" };
    const decided = decisionRecord(read, { action: "hold", reasons: [read.missing], needsPerson: false });
    expect(eventLine(numbered(...started, decided), file)).to.match(/ 25 % {2}hold: Prometheus cannot be reached$/);
  });

  it("tells of each new share, and nothing of what prepares it", () => {
    expect(eventLine(numbered(...started), file)).to.match(/25 % {2}version 2 gets 25 % of the requests$/);
    expect(eventLine(numbered(...started.slice(0, 2)), file)).to.equal(undefined);
  });
});
