import type { Counts } from "../environment.ts";
import type { Outcome, World } from "../rule.ts";

const SHARE = 0.05;
const WINDOWS = 3;
const MINUTES = 60;

/** Share of the estimated shift that is tolerated. */
const TOLERANCE = 0.25;

/** Upper quantile of the normal distribution for a confidence of 0.98 on both sides. */
const Z = 2.3263478740408408;

/**
 * Kayenta's judge, checked against commit 39c1d8a, on a canary at 5 %: three windows of an hour, each compared minute by minute with the stable version by a
 * Mann–Whitney test with tolerance 0.25 and confidence 0.98. A window with a metric that is classified as high fails. Its removal
 * of outliers, which is off by default, is left out.
 *
 * @see https://github.com/spinnaker/kayenta/blob/master/kayenta-judge/src/main/scala/com/netflix/kayenta/judge/NetflixACAJudge.scala
 * @see https://github.com/spinnaker/kayenta/blob/master/kayenta-judge/src/main/scala/com/netflix/kayenta/judge/classifiers/metric/MannWhitneyClassifier.scala
 */
export function kayenta(world: World): Outcome {
  let exposure = 0;
  for (let window = 0; window < WINDOWS; window++) {
    const canary: number[][] = [[], []];
    const stable: number[][] = [[], []];
    for (let minute = 0; minute < MINUTES; minute++) {
      const stretch = world.advance(60, SHARE);
      exposure += stretch.exposure;
      addShares(canary, stretch.canary);
      addShares(stable, stretch.stable);
    }
    if (canary.some((values, index) => isHigh(values, stable[index] ?? []))) {
      return { end: "aborted", seconds: world.seconds, exposure };
    }
  }
  return { end: "promoted", seconds: world.seconds, exposure };
}

/** A minute without requests has no value. */
function addShares(series: readonly number[][], { requests, bad }: Counts): void {
  if (requests === 0) return;
  for (const [index, values] of series.entries()) values.push((bad[index] ?? 0) / requests);
}

/** Whether the shift of the canary's values is above the tolerance with confidence: Hodges–Lehmann estimate and its interval. */
function isHigh(canary: readonly number[], stable: readonly number[]): boolean {
  const [m, n] = [canary.length, stable.length];
  if (m === 0 || n === 0) return false;
  const differences = new Float64Array(m * n);
  let place = 0;
  for (const ours of canary) for (const theirs of stable) differences[place++] = ours - theirs;
  differences.sort();
  const at = (index: number) => differences[Math.min(m * n - 1, Math.max(0, index))] ?? 0;
  const half = Math.floor((m * n) / 2);
  const estimate = (m * n) % 2 === 1 ? at(half) : (at(half - 1) + at(half)) / 2;
  const lower = at(Math.floor((m * n) / 2 - Z * Math.sqrt((m * n * (m + n + 1)) / 12)));
  return lower > TOLERANCE * Math.abs(estimate);
}
