import type { Outcome, World } from "../rule.ts";
import { CHECK_SECONDS, keptBounds } from "./thresholds.ts";

const SHARES = [0.01, 0.05, 0.1, 0.25, 0.5];
const CHECKS_PER_STEP = 5;

/** Failed measurements of one metric that are accepted. */
const FAILURE_LIMIT = 3;

/**
 * Argo Rollouts as its documentation shows it, checked against commit 045c1cf: pauses of five minutes, an analysis in the background that measures each minute,
 * and aborts when a metric has failed more often than `failureLimit: 3`. Without data the success condition is false.
 *
 * @see https://github.com/argoproj/argo-rollouts/blob/master/docs/features/analysis.md
 * @see https://github.com/argoproj/argo-rollouts/blob/master/analysis/analysis.go
 */
export function argo(world: World): Outcome {
  const failures = [0, 0];
  let exposure = 0;
  for (const share of SHARES) {
    for (let check = 0; check < CHECKS_PER_STEP; check++) {
      const stretch = world.advance(CHECK_SECONDS, share);
      exposure += stretch.exposure;
      for (const [index, kept] of keptBounds(stretch.canary).entries()) {
        failures[index] = (failures[index] ?? 0) + (kept ? 0 : 1);
      }
      if (failures.some((count) => count > FAILURE_LIMIT)) {
        return { end: "aborted", seconds: world.seconds, exposure };
      }
    }
  }
  return { end: "promoted", seconds: world.seconds, exposure };
}
