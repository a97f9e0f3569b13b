import { expect } from "chai";
import { scheduleProblem } from "../../config/schema/training/schedule.ts";

describe("a schedule", () => {
  for (const schedule of [
    "0 2 * * *",
    "0 2 * * 0",
    "*/5 * * * *",
    "0,30 8-18 * * mon-FRI",
    "15 3 1-7/2 jan,jul ?",
    "@daily",
    "0 0 30 2,4 *",
    "0 0 29 2 ?",
    "0 0 31 2 1",
    "0 0 */31 2 *",
    "  0   2 * * *  ",
  ]) {
    it(`may be "${schedule}"`, () => {
      expect(scheduleProblem(schedule)).to.equal(undefined);
    });
  }

  for (const [schedule, problem] of [
    ["", "needs five fields (minute, hour, day of the month, month, day of the week), has 0"],
    ["0 2 * *", "needs five fields (minute, hour, day of the month, month, day of the week), has 4"],
    ["0 0 2 * * *", "needs five fields (minute, hour, day of the month, month, day of the week), has 6"],
    ["60 2 * * *", 'minute "60" is not *, numbers from 0 to 59, ranges (1-5), steps (*/5) or lists of these'],
    ["0 24 * * *", 'hour "24" is not *, numbers from 0 to 23, ranges (1-5), steps (*/5) or lists of these'],
    ["0 2 * * 7", 'day of the week "7" is not *, numbers from 0 to 6, ranges (1-5), steps (*/5) or lists of these'],
    ["*/0 * * * *", 'minute "*/0" is not *, numbers from 0 to 59, ranges (1-5), steps (*/5) or lists of these'],
    ["0 18-8 * * *", 'hour "18-8" is not *, numbers from 0 to 23, ranges (1-5), steps (*/5) or lists of these'],
    ["1,,2 * * * *", 'minute "1,,2" is not *, numbers from 0 to 59, ranges (1-5), steps (*/5) or lists of these'],
    ["0 2 L * *", 'day of the month "L" is not *, numbers from 1 to 31, ranges (1-5), steps (*/5) or lists of these'],
    ["0 0 31 2 *", 'none of the months "2" has a day "31", so it never runs'],
    ["0 0 31 4-6/2,nov ?", 'none of the months "4-6/2,nov" has a day "31", so it never runs'],
    ["TZ=UTC 0 2 * * *", "takes no time zone; set `timeZone` instead"],
    ["@often", '"@often" is none of @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly'],
  ] as const) {
    it(`cannot be "${schedule}"`, () => {
      expect(scheduleProblem(schedule)).to.equal(problem);
    });
  }
});
