import type { Outcome, World } from "../rule.ts";
import { CHECK_SECONDS, keptBounds } from "./thresholds.ts";

const STEP = 0.1;
const MAX_SHARE = 0.5;

/** Failed checks, over the whole rollout, that end it. */
const THRESHOLD = 5;

/**
 * Flagger as its documentation shows it, checked against commit 0016895: `stepWeight: 10`, `maxWeight: 50`, `threshold: 5`, a check each minute. A failed check
 * keeps the weight and counts against the threshold; so does one without values. The check after the last failed one rolls back.
 *
 * @see https://docs.flagger.app/usage/how-it-works
 * @see https://github.com/fluxcd/flagger/blob/main/pkg/controller/scheduler.go
 */
export function flagger(world: World): Outcome {
  let exposure = 0;
  let failed = 0;
  let share = STEP;
  for (;;) {
    const stretch = world.advance(CHECK_SECONDS, share);
    exposure += stretch.exposure;
    if (failed >= THRESHOLD) return { end: "aborted", seconds: world.seconds, exposure };
    if (!keptBounds(stretch.canary).every(Boolean)) {
      failed += 1;
    } else if (share >= MAX_SHARE - 1e-9) {
      return { end: "promoted", seconds: world.seconds, exposure };
    } else {
      share += STEP;
    }
  }
}
