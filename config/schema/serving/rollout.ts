import { z } from "zod";
import { defaults } from "../../../components/defaults/defaults.ts";
import { resolveRollout } from "../../../components/kubernetes/rollout.ts";
import { Count, CountOrPercent, Seconds } from "../values.ts";

const DEFAULTS = defaults.version.rollout;

/** How versions that may set more of it are replaced. */
export const RolloutDefaults = z.strictObject({
  maxSurge: CountOrPercent.optional().describe(
    `Pods above the wanted number while rolling. Default: ${DEFAULTS.maxSurge}.`,
  ),
  maxUnavailable: CountOrPercent.optional().describe(
    `Pods below the wanted number while rolling. Default: ${DEFAULTS.maxUnavailable}.`,
  ),
  drainSeconds: Seconds.optional().describe(
    `How long the server keeps answering after SIGTERM. Default: ${DEFAULTS.drainSeconds}.`,
  ),
  terminationGracePeriodSeconds: z
    .int32()
    .min(1)
    .optional()
    .describe(`Time from SIGTERM to SIGKILL. Default: ${DEFAULTS.terminationGracePeriodSeconds}.`),
  preStopSeconds: Seconds.optional().describe(
    `Wait before SIGTERM. Default: ${DEFAULTS.preStopSeconds}, since the server drains by itself.`,
  ),
  revisionHistoryLimit: Count.optional().describe(
    `Revisions kept for \`kubectl rollout undo\`. Default: ${DEFAULTS.revisionHistoryLimit}.`,
  ),
});

/** How a version is replaced by its next revision. */
export const Rollout = RolloutDefaults.refine(
  (rollout) => {
    const { maxSurge, maxUnavailable } = resolveRollout(rollout);
    return !isNone(maxSurge) || !isNone(maxUnavailable);
  },
  {
    path: ["maxSurge"],
    error: `must be above 0 if maxUnavailable (default ${DEFAULTS.maxUnavailable}) is 0, or no pod could ever be replaced`,
  },
).refine(
  (rollout) => {
    const { drainSeconds, preStopSeconds, terminationGracePeriodSeconds } = resolveRollout(rollout);
    return drainSeconds + preStopSeconds < terminationGracePeriodSeconds;
  },
  {
    path: ["terminationGracePeriodSeconds"],
    error: `must be above drainSeconds (default ${DEFAULTS.drainSeconds}) and preStopSeconds (default ${DEFAULTS.preStopSeconds}) together`,
  },
);

function isNone(pods: number | string): boolean {
  return pods === 0 || pods === "0%";
}
