import { z } from "zod";
import { defaults } from "../../../components/defaults/defaults.ts";
import { isFineEnough, WEIGHT_DECIMALS } from "../../../components/traffic/weights.ts";
import { Count, isTimeZone } from "../values.ts";

const ROLLOUT = defaults.canaryRollout;

const Margin = z
  .number()
  .gt(0, "must be above 0: two versions are never exactly alike")
  .max(0.5, "must be at most 0.5")
  .meta({ title: "share, 0–0.5" });

const Percent = z
  .number()
  .gt(0, "must be above 0")
  .lt(100, "must be below 100: at 100 % nothing is left to compare with; the last step is followed by the promotion")
  .refine(isFineEnough, `must have at most ${WEIGHT_DECIMALS} decimals`)
  .meta({ title: "percent" });

const Step = z
  .union([Percent, z.strictObject({ percent: Percent, approval: z.boolean().optional() })], {
    error: "must be a percent between 0 and 100 such as 0.5 or 10, or {percent: 10, approval: true}",
  })
  .meta({ title: "percent, or `{percent, approval}`" });

const Steps = z
  .array(Step)
  .min(1, "needs at least one step")
  .refine((steps) => steps.every((step, index) => index === 0 || percentOf(step) > percentOf(steps[index - 1])), {
    error: "must rise from step to step",
  });

function percentOf(step: z.infer<typeof Step> | undefined): number {
  return typeof step === "object" ? step.percent : (step ?? 0);
}

const NAME = z
  .string()
  .min(1)
  .max(63, "is longer than 63 characters")
  .regex(/^[^"\\\n]+$/, 'must not contain ", \\ or line breaks');

const Query = z
  .string()
  .min(1)
  .refine((query) => query.includes("$version"), {
    error: "must contain $version, which stands for the version that is asked about",
  });

const Goal = z
  .discriminatedUnion(
    "kind",
    [
      z.strictObject({ kind: z.literal("errors"), margin: Margin.optional() }),
      z.strictObject({ kind: z.literal("slow"), seconds: z.number().positive(), margin: Margin.optional() }),
      z.strictObject({ kind: z.literal("promql"), name: NAME, bad: Query, total: Query, margin: Margin }),
    ],
    { error: "must be {kind: errors}, {kind: slow, seconds} or {kind: promql, name, bad, total, margin}" },
  )
  .meta({
    title: "`{kind: errors, margin}`, `{kind: slow, seconds, margin}` or `{kind: promql, name, bad, total, margin}`",
  })
  .describe(
    `A share of requests that must not rise: failed ones, ones slower than a bound of the latency histogram, or counters of your own (PromQL with \`$version\`, and where needed \`$namespace\` and \`$model\`). The margin is how much higher the canary's share may be, 0–0.5. Default of the margin: ${ROLLOUT.margins.errors} of errors, ${ROLLOUT.margins.slow} of slow.`,
  );

const TIME = "must be a time such as 08:00";

const Time = z
  .string()
  .regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, TIME)
  .meta({ title: "time, HH:MM" });

const Freeze = z.strictObject({
  days: z
    .array(z.enum(defaults.canaryRollout.freezeDays, { error: "must be Mon, Tue, Wed, Thu, Fri, Sat or Sun" }))
    .min(1, "needs at least one day")
    .optional()
    .describe("Days on which the window begins. Default: every day."),
  from: Time.describe("When it begins."),
  to: Time.describe("When it ends; on the next day if it is not after `from`."),
  timeZone: z
    .string()
    .refine(isTimeZone, { error: "must be the IANA name of a time zone, such as Europe/Berlin" })
    .optional()
    .describe(`Whose clock that is, such as Europe/Berlin. Default: ${ROLLOUT.timeZone}.`),
});

/** How a model's canary gets from its first percent to all of the requests. */
export const CanaryRolloutConfig = z.strictObject({
  steps: Steps.optional().describe(
    `The canary's shares, rising; one with \`approval: true\` is left upwards only once a person has approved. Default: ${ROLLOUT.steps.join(", ")}.`,
  ),
  goals: z
    .array(Goal)
    .min(1, "needs at least one goal")
    .optional()
    .describe(`Shares of requests that must not rise. Default: errors, and slow with ${ROLLOUT.slowSeconds} s.`),
  confidence: z
    .number()
    .min(0.5, "must be at least 0.5")
    .lt(1, "must be below 1: certainty takes forever")
    .optional()
    .describe(
      `1 − the chance that a canary worse by its margin is ever promoted; one that is no worse is aborted with a fifth of that chance. Default: ${ROLLOUT.confidence}.`,
    ),
  minRequests: Count.optional().describe(
    `Canary requests that each step takes at least, beyond what the statistics need. Default: ${ROLLOUT.minRequests}.`,
  ),
  deadlineSeconds: z
    .int32()
    .min(60, "must be at least 60")
    .optional()
    .describe(`How long a step may take; then the rollout holds for a person. Default: ${ROLLOUT.deadlineSeconds}.`),
  freeze: z
    .array(Freeze)
    .optional()
    .describe("Windows in which the canary's share does not rise; aborts are not held back. Default: none."),
  webhook: z
    .string()
    .refine((text) => /^https?:\/\/[^@\s]+$/.test(text), {
      error: "must be an http or https address without credentials; give one with a secret in ROLLOUT_WEBHOOK",
    })
    .optional()
    .describe(
      "Address that news are posted to as JSON: each change of weight, and when a person is needed. The driver's variable ROLLOUT_WEBHOOK takes precedence. Default: none.",
    ),
  evidence: z
    .enum(["server", "gateway"], { error: "must be server or gateway" })
    .optional()
    .describe(
      `Whose counters are compared: those of the inference server, or, for any other server, those of the gateway. Default: ${ROLLOUT.evidence}.`,
    ),
});
