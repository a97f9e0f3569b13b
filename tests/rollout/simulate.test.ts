import { expect } from "chai";
import { drawsFrom } from "../../rollout/simulate/random.ts";
import { SCENARIOS } from "../../rollout/simulate/scenarios.ts";
import { type Cell, type RuleName, simulate } from "../../rollout/simulate/simulate.ts";
import { simulationRows } from "../../rollout/simulate/table.ts";

const RUNS = 20;

function cell(name: string, rule: RuleName, runs = RUNS): Cell {
  const scenario = SCENARIOS.find((each) => each.name === name);
  if (scenario === undefined) throw new Error(`no scenario "${name}"`);
  return simulate(scenario, rule, runs);
}

/**
 * Runs are seeded, so nothing here depends on chance. The margins hold for other seeds as well: if a worse version is promoted
 * with the chance of 5 % that the rule allows, more than 5 of 20 runs would show it for one seed in three thousand.
 */
describe("the simulated rule", function () {
  this.timeout(600_000);

  for (const name of [
    "+1δ, no errors",
    "+1δ",
    "+2δ",
    "+5δ",
    "slow +1δ",
    "30/s, +1δ",
    "outage of both, +1δ",
    "fails at once",
  ]) {
    it(`aborts and does not promote: ${name}`, () => {
      const { promoted, aborted } = cell(name, "ours");
      expect(promoted).to.be.at.most(0.25);
      expect(aborted).to.be.at.least(0.75);
    });
  }

  for (const name of [
    "no worse, no errors",
    "no worse",
    "no worse, 1 % errors",
    "outage of both, no worse",
    "30 % of scrapes missed, no worse",
    "restarts every 5 min, no worse",
  ]) {
    it(`promotes and does not abort: ${name}`, () => {
      const { promoted, aborted } = cell(name, "ours");
      expect(promoted).to.be.at.least(0.75);
      expect(aborted).to.be.at.most(0.2);
    });
  }

  it("never promotes a version whose failures take their own counts with them", () => {
    const { promoted } = cell("failures crash the pod, +2δ", "ours");
    expect(promoted).to.equal(0);
  });

  it("neither promotes nor aborts where the share does not fit the weight", () => {
    const { promoted, aborted } = cell("half of the canary's share, no worse", "ours", 10);
    expect([promoted, aborted]).to.deep.equal([0, 0]);
  });

  it("takes no longer than was worked out for it: half an hour to promote, three quarters to abort at the margin", () => {
    expect(cell("no worse", "ours").minutesToPromote).to.be.below(30);
    expect(cell("+1δ", "ours").minutesToAbort).to.be.below(45);
    expect(cell("+5δ", "ours").minutesToAbort).to.be.below(6);
  });

  it("is right where thresholds on the canary alone are wrong", () => {
    expect(cell("+1δ", "argo").promoted).to.equal(1);
    expect(cell("+1δ", "flagger").promoted).to.equal(1);
    expect(cell("outage of both, no worse", "argo").aborted).to.equal(1);
    expect(cell("+1δ", "kayenta", 5).aborted).to.be.at.least(0.9);
    expect(cell("+¼δ", "kayenta", 5).aborted).to.be.at.least(0.9);
  });

  it("gives the same numbers for the same seed, and a table of them", () => {
    const [once, twice] = [cell("+2δ", "ours", 5), cell("+2δ", "ours", 5)];
    expect(twice).to.deep.equal(once);
    expect(simulationRows([once])[1]?.slice(0, 2)).to.deep.equal([
      "+2δ",
      `0/100 · ${Math.round(once.minutesToAbort ?? 0)} min · ${Number(((once.exposureToAbort ?? 0) / 1000).toPrecision(2))}k`,
    ]);
  });
});

describe("the draws of the simulation", () => {
  const COUNT = 20_000;
  const moments = (draw: () => number) => {
    const values = Array.from({ length: COUNT }, draw);
    const mean = values.reduce((sum, value) => sum + value, 0) / COUNT;
    return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (COUNT - 1) };
  };
  const near = (actual: number, expected: number, share: number) =>
    expect(actual).to.be.within(expected * (1 - share), expected * (1 + share));

  for (const mean of [0.3, 4, 15, 4_500]) {
    it(`has mean and variance of Poisson(${mean})`, () => {
      const draws = drawsFrom(7);
      const { mean: m, variance } = moments(() => draws.poisson(mean));
      near(m, mean, 0.05);
      near(variance, mean, 0.08);
    });
  }

  for (const [count, share] of [
    [100, 0.001],
    [2_000, 0.01],
    [15_000, 0.3],
    [500, 0.9],
  ] as const) {
    it(`has mean and variance of Binomial(${count}, ${share})`, () => {
      const draws = drawsFrom(8);
      const { mean, variance } = moments(() => draws.binomial(count, share));
      near(mean, count * share, 0.05);
      near(variance, count * share * (1 - share), 0.08);
    });
  }

  it("has mean and correlation of a beta", () => {
    const draws = drawsFrom(9);
    const { mean, variance } = moments(() => draws.beta(0.1, 0.05));
    near(mean, 0.1, 0.05);
    near(variance, 0.1 * 0.9 * 0.05, 0.08);
  });
});
