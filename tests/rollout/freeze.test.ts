import { expect } from "chai";
import { freezeAt, WEEKDAYS } from "../../rollout/decide/freeze.ts";

const office = { days: ["Fri"], from: "16:00", to: "18:00", timeZone: "Europe/Berlin" } as const;
const night = { days: ["Fri"], from: "22:00", to: "06:00", timeZone: "America/New_York" } as const;

describe("a freeze window", () => {
  it("holds from its first minute to before its last, by its own clock", () => {
    // 2026-01-16 is a Friday; Berlin is an hour ahead of UTC.
    expect(freezeAt([office], Date.UTC(2026, 0, 16, 14, 59))).to.equal(undefined);
    expect(freezeAt([office], Date.UTC(2026, 0, 16, 15, 0))).to.equal(office);
    expect(freezeAt([office], Date.UTC(2026, 0, 16, 16, 59))).to.equal(office);
    expect(freezeAt([office], Date.UTC(2026, 0, 16, 17, 0))).to.equal(undefined);
    expect(freezeAt([office], Date.UTC(2026, 0, 15, 15, 30))).to.equal(undefined);
  });

  it("keeps to the clock in summer time", () => {
    expect(freezeAt([office], Date.UTC(2026, 6, 17, 14, 0))).to.equal(office);
    expect(freezeAt([office], Date.UTC(2026, 6, 17, 16, 30))).to.equal(undefined);
  });

  it("goes over midnight into a day that it does not name", () => {
    expect(freezeAt([night], Date.UTC(2026, 0, 17, 3, 0))).to.equal(night);
    expect(freezeAt([night], Date.UTC(2026, 0, 17, 10, 59))).to.equal(night);
    expect(freezeAt([night], Date.UTC(2026, 0, 17, 11, 0))).to.equal(undefined);
    expect(freezeAt([night], Date.UTC(2026, 0, 16, 10, 0))).to.equal(undefined);
  });

  it("from a time to the same time lasts a day", () => {
    const sunday = { days: ["Sun"], from: "00:00", to: "00:00", timeZone: "UTC" } as const;
    expect(freezeAt([sunday], Date.UTC(2026, 0, 18, 0, 0))).to.equal(sunday);
    expect(freezeAt([sunday], Date.UTC(2026, 0, 18, 23, 59))).to.equal(sunday);
    expect(freezeAt([sunday], Date.UTC(2026, 0, 19, 0, 0))).to.equal(undefined);
  });

  it("of every day is always on", () => {
    const always = { days: WEEKDAYS, from: "08:00", to: "08:00", timeZone: "Asia/Kolkata" };
    for (let hour = 0; hour < 168; hour += 5) expect(freezeAt([always], Date.UTC(2026, 0, 12, hour))).to.equal(always);
  });
});
