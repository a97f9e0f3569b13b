import type { Scenario } from "./scenario.ts";

const [ERRORS, SLOW] = [0.005, 0.01];
const LOW = { requestsPerSecond: 1, hours: 20 } as const;
const MEDIUM = { requestsPerSecond: 30, hours: 12 } as const;

/**
 * What the rules are compared on. "+1δ" is a canary that is worse by exactly the margin of the goal: 0.5 % more failures, or 1 %
 * more slow requests. "no worse" is a canary whose rates are the stable version's.
 */
export const SCENARIOS: readonly Scenario[] = [
  { name: "no worse, no errors", truth: "no worse", errors: 0 },
  { name: "no worse", truth: "no worse" },
  { name: "no worse, 1 % errors", truth: "no worse", errors: 0.01 },
  { name: "+¼δ", truth: "between", moreErrors: ERRORS / 4 },
  { name: "+1δ, no errors", truth: "worse", errors: 0, moreErrors: ERRORS },
  { name: "+1δ", truth: "worse", moreErrors: ERRORS },
  { name: "+1δ, 1 % errors", truth: "worse", errors: 0.01, moreErrors: ERRORS },
  { name: "+2δ", truth: "worse", moreErrors: 2 * ERRORS },
  { name: "+5δ", truth: "worse", moreErrors: 5 * ERRORS },
  { name: "errors × 10", truth: "worse", moreErrors: 0.009 },
  { name: "slow +1δ", truth: "worse", moreSlow: SLOW },
  { name: "30/s, no worse", truth: "no worse", ...MEDIUM },
  { name: "30/s, +1δ", truth: "worse", moreErrors: ERRORS, ...MEDIUM },
  { name: "30/s, +5δ", truth: "worse", moreErrors: 5 * ERRORS, ...MEDIUM },
  { name: "1/s, no worse", truth: "no worse", ...LOW },
  { name: "1/s, +1δ", truth: "worse", moreErrors: ERRORS, ...LOW },
  { name: "1/s, +5δ", truth: "worse", moreErrors: 5 * ERRORS, ...LOW },
  { name: "correlation 0.01, no worse", truth: "no worse", correlation: 0.01 },
  { name: "correlation 0.01, +1δ", truth: "worse", correlation: 0.01, moreErrors: ERRORS },
  { name: "correlation 0.05, +1δ", truth: "worse", correlation: 0.05, moreErrors: ERRORS },
  { name: "outage of both, no worse", truth: "no worse", outage: { seconds: 300, severity: 0.3 } },
  { name: "outage of both, +1δ", truth: "worse", moreErrors: ERRORS, outage: { seconds: 300, severity: 0.3 } },
  {
    name: "drift × 5 and shared noise, no worse",
    truth: "no worse",
    drift: 5,
    noise: { deviation: 0.5, seconds: 120, shared: true },
  },
  {
    name: "drift × 5 and shared noise, +1δ",
    truth: "worse",
    moreErrors: ERRORS,
    drift: 5,
    noise: { deviation: 0.5, seconds: 120, shared: true },
  },
  {
    name: "independent noise of 10 min, 1 % errors",
    truth: "no worse",
    errors: 0.01,
    noise: { deviation: 0.5, seconds: 600, shared: false },
  },
  {
    name: "pod bursts of both, no worse",
    truth: "no worse",
    bursts: { perPodHour: 0.2, seconds: 30, severity: 0.5, of: "both" },
  },
  // One burst each 30 s × severity / 0.005, itself included: on average the margin.
  {
    name: "canary bursts, mean 1δ, severity 10 %",
    truth: "worse",
    bursts: { perPodHour: 3600 / 570, seconds: 30, severity: 0.1, of: "canary" },
  },
  {
    name: "canary bursts, mean 1δ, severity 50 %",
    truth: "worse",
    bursts: { perPodHour: 3600 / 2970, seconds: 30, severity: 0.5, of: "canary" },
  },
  { name: "fails from 50 % on", truth: "worse", moreErrors: 1, fromShare: 0.5 },
  { name: "fails at once", truth: "worse", moreErrors: 1 },
  { name: "restarts every 5 min, no worse", truth: "no worse", restartSeconds: 300 },
  { name: "restarts every 5 min, +1δ", truth: "worse", moreErrors: ERRORS, restartSeconds: 300 },
  { name: "failures crash the pod, +2δ", truth: "worse", moreErrors: 2 * ERRORS, crashes: 1 },
  { name: "30 % of scrapes missed, no worse", truth: "no worse", missed: 0.3 },
  { name: "30 % of scrapes missed, +1δ", truth: "worse", moreErrors: ERRORS, missed: 0.3 },
  { name: "half of the canary's share, no worse", truth: "no worse", shareFactor: 0.5 },
];
