import { expect } from "chai";
import { extendMixture, meanOfLogarithms } from "../../rollout/decide/mixture.ts";
import { bestBet, type GoalBlock, harmPayoff, noWorsePayoff, pay, weighted } from "../../rollout/decide/payoff.ts";
import { extendSplit, NO_SPLIT_EVIDENCE } from "../../rollout/decide/split.ts";

/** Expectation of f over the bad requests of both versions, exactly, over all outcomes. */
function expectation(c: number, p: number, s: number, q: number, f: (x: number, y: number) => number): number {
  const binomial = (n: number, rate: number) => {
    const shares = [(1 - rate) ** n];
    for (let k = 1; k <= n; k++) shares.push(((shares[k - 1] ?? 0) * (n - k + 1) * rate) / (k * (1 - rate)));
    return shares;
  };
  const [xs, ys] = [binomial(c, p), binomial(s, q)];
  return xs.reduce((sum, px, x) => sum + ys.reduce((inner, py, y) => inner + px * py * f(x, y), 0), 0);
}

const blockOf = (c: number, x: number, s: number, y: number): GoalBlock => ({
  canary: { bad: x, total: c },
  stable: { bad: y, total: s },
  stablePods: 1,
});

const RATES = [0, 0.001, 0.01, 0.05, 0.2, 0.6];
const SIZES = [
  [1, 1],
  [3, 40],
  [20, 60],
  [60, 20],
] as const;
const MARGIN = 0.02;

describe("the payoff of a block", () => {
  it("is an e-value where the canary is no worse, for every bet on harm", () => {
    for (const [c, s] of SIZES)
      for (const q of RATES)
        for (const share of [0, 0.5, 0.99]) {
          const bet = (share * s) / c;
          const mean = expectation(c, q, s, q, (x, y) => Math.exp(pay(weighted(blockOf(c, x, s, y), 1e9), bet, 0)));
          expect(mean, `c=${c} s=${s} q=${q} bet=${bet}`).to.be.at.most(1 + 1e-9);
        }
  });

  it("is an e-value where the canary is worse by the margin, for every bet against", () => {
    for (const [c, s] of SIZES)
      for (const q of RATES)
        for (const bet of [-0.1, -0.5, -0.95]) {
          const mean = expectation(c, q + MARGIN, s, q, (x, y) =>
            Math.exp(pay(weighted(blockOf(c, x, s, y), 1e9), bet, MARGIN)),
          );
          expect(mean, `c=${c} s=${s} q=${q} bet=${bet}`).to.be.at.most(1 + 1e-9);
        }
  });

  it("stays an e-value where all requests of a pod fail together, beyond what a block counts", () => {
    const groups = 50;
    for (const q of [0.01, 0.1, 0.5]) {
      // 50 groups of 20 requests each, all good or all bad.
      const mean = expectation(groups, q, groups, q, (x, y) =>
        Math.exp(pay(weighted(blockOf(groups * 20, x * 20, groups * 20, y * 20), groups), 0.9, 0)),
      );
      expect(mean, `q=${q}`).to.be.at.most(1 + 1e-9);
    }
  });

  it("would not be one if such requests counted one by one", () => {
    const mean = expectation(50, 0.1, 50, 0.1, (x, y) =>
      Math.exp(pay(weighted(blockOf(1000, x * 20, 1000, y * 20), 1e9), 0.9, 0)),
    );
    expect(mean).to.be.above(1.5);
  });

  it("expects the most at the best bet", () => {
    for (const [canary, stable, margin, r] of [
      [0.02, 0.001, 0.005, 0.1],
      [0.001, 0.001, 0.005, 1],
      [0.1, 0.05, 0.01, 0.3],
    ] as const) {
      const growth = (bet: number) => canary * Math.log1p(bet) + (stable / r) * Math.log1p(-bet * r) - bet * margin;
      const best = bestBet(canary, stable, margin, r);
      for (const other of [best - 0.01, best + 0.01]) expect(growth(best)).to.be.above(growth(other));
    }
  });

  it("gains and loses a bounded amount in one block, whatever it holds", () => {
    const rates = { canary: 0.01, stable: 0.01 };
    for (const [c, x, s, y] of [
      [1, 0, 1, 0],
      [1e6, 1e6, 1e6, 0],
      [1e6, 0, 1e6, 1e6],
      [1, 1, 1e9, 0],
    ] as const) {
      const harm = harmPayoff(blockOf(c, x, s, y), rates, 0.005);
      const noWorse = noWorsePayoff(blockOf(c, x, s, y), rates, 0.005);
      expect(harm).to.be.within(Math.log(0.1), Math.log(5));
      expect(noWorse).to.be.within(Math.log(0.2), Math.log(2));
    }
  });

  it("is nothing where a version had no request of the goal", () => {
    const rates = { canary: 0.01, stable: 0.01 };
    expect(harmPayoff(blockOf(0, 0, 100, 1), rates, 0.005)).to.equal(0);
    expect(noWorsePayoff(blockOf(100, 1, 0, 0), rates, 0.005)).to.equal(0);
  });

  it("of a hundred good requests is worth about the margin for each, without a single error", () => {
    const gain = noWorsePayoff(blockOf(100, 0, 1000, 0), { canary: 0, stable: 0.0001 }, 0.005);
    expect(gain).to.be.within(0.25, 0.5);
  });
});

describe("the restart mixture", () => {
  it("has all of its weight after 501 blocks, and no more later", () => {
    let mixture = Number.NEGATIVE_INFINITY;
    for (let block = 1; block <= 501; block++) mixture = extendMixture(mixture, 0, block);
    expect(Math.exp(mixture)).to.be.closeTo(1, 1e-9);
    expect(extendMixture(mixture, 0, 502)).to.equal(mixture);
  });

  it("answers a fault that begins late sooner than a single bet does", () => {
    let mixture = Number.NEGATIVE_INFINITY;
    let single = 0;
    for (let block = 1; block <= 320; block++) {
      const payoff = block <= 300 ? -0.1 : 1;
      mixture = extendMixture(mixture, payoff, block);
      single += payoff;
    }
    expect(mixture).to.be.above(Math.log(100));
    expect(single).to.be.below(0);
  });

  it("counts goals by their mean", () => {
    expect(meanOfLogarithms([Math.log(3), Number.NEGATIVE_INFINITY])).to.be.closeTo(1.5, 1e-12);
  });
});

describe("the split of the traffic", () => {
  const evidence = (canary: number, stable: number, blocks: number) => {
    let split = NO_SPLIT_EVIDENCE;
    for (let block = 1; block <= blocks; block++) split = extendSplit(split, { canary, stable, share: 0.1, block });
    return meanOfLogarithms(split);
  };

  it("raises no alarm at the weight's share, nor at a twentieth more or less", () => {
    for (const canary of [100, 95, 105]) expect(evidence(canary, 1000 - canary, 500)).to.be.below(1);
  });

  it("raises one at half and at twice the share", () => {
    for (const canary of [50, 200]) expect(evidence(canary, 1000 - canary, 20)).to.be.above(1000);
  });
});
