import { z } from "zod";
import { Count, CountOrPercent, Seconds } from "../values.ts";

/** How a version is replaced by its next revision. */
export const Rollout = z
  .strictObject({
    maxSurge: CountOrPercent.optional().describe("Pods above the wanted number while rolling. Default: 1."),
    maxUnavailable: CountOrPercent.optional().describe("Pods below the wanted number while rolling. Default: 0."),
    drainSeconds: Seconds.optional().describe("How long the server goes on answering after SIGTERM. Default: 5."),
    terminationGracePeriodSeconds: z.int().min(1).optional().describe("From SIGTERM to SIGKILL. Default: 30."),
    preStopSeconds: Seconds.optional().describe(
      "Wait before SIGTERM. Default: none, since the server drains by itself.",
    ),
    revisionHistoryLimit: Count.optional().describe("Revisions kept for `kubectl rollout undo`. Default: 10."),
  })
  .refine(({ maxSurge = 1, maxUnavailable = 0 }) => !isNone(maxSurge) || !isNone(maxUnavailable), {
    path: ["maxSurge"],
    error: "must be above 0 where maxUnavailable (default 0) is 0, or no pod could ever be replaced",
  })
  .refine(
    ({ drainSeconds = 5, preStopSeconds = 0, terminationGracePeriodSeconds = 30 }) =>
      drainSeconds + preStopSeconds < terminationGracePeriodSeconds,
    {
      path: ["terminationGracePeriodSeconds"],
      error: "must be above drainSeconds (default 5) and preStopSeconds (default 0) together",
    },
  );

function isNone(pods: number | string): boolean {
  return pods === 0 || pods === "0%";
}
