import { z } from "zod";
import { defaults } from "../../../components/defaults/defaults.ts";
import { objectProblems } from "../../../components/kubernetes/api/problems.ts";
import type { PodFailurePolicy } from "../../../components/training/job-args.ts";
import { ImageReference, KubernetesName, Port, Quantity } from "../values.ts";

/** What Kubernetes' API says about the failures of a Job's pods. */
const POD_FAILURE_POLICY = { is: "object", definition: "batch.v1.PodFailurePolicy" } as const;

/** A trainer of one's own, and how its Job is admitted and retried. */
export const ownTrainer = {
  image: ImageReference.optional().describe(
    "Image of a trainer of your own; everything else of a Job works the same. Default: the project's trainer.",
  ),
  command: z
    .array(z.string())
    .min(1, "needs a program to run; leave it out for the image's own")
    .optional()
    .describe("What the `image` runs. Default: its own entrypoint."),
  args: z.array(z.string()).optional().describe("Arguments of the `image`'s command. Default: its own."),
  sharedMemory: Quantity.optional().describe(
    "Size of `/dev/shm`, such as `2Gi`; it counts as memory of the container. Default: the runtime's 64Mi.",
  ),
  masterPort: Port.optional().describe(
    `Port at which the workers of an \`image\` meet. Default: ${defaults.training.masterPort}.`,
  ),
  queue: KubernetesName.optional().describe(
    "Queue of Kueue that admits the Job; the deployment does not wait for it. Default: none.",
  ),
  podFailurePolicy: z
    .custom<PodFailurePolicy>((value) => typeof value === "object" && value !== null, { error: "must have rules" })
    .superRefine((policy, context) => {
      for (const { path, message } of objectProblems(policy, POD_FAILURE_POLICY, "")) {
        context.addIssue({ code: "custom", path: [path.replace(/^\./, "")], message });
      }
    })
    .meta({ title: "pod failure policy" })
    .optional()
    .describe(
      "Kubernetes' `podFailurePolicy`: which failures, such as a preemption, do not count as retries. Default: all count.",
    ),
};

interface Job {
  readonly image?: string;
  readonly workers?: number;
  readonly restartPolicy?: string;
  readonly podFailurePolicy?: object;
}

/** Settings of an image of one's own that mean the same for any trainer. */
const FOR_ANY = ["model", "workers"];

/**
 * A Job has what the project's trainer needs, or an image of its own and none of that trainer's settings.
 *
 * @param needed settings without which the project's trainer cannot run
 * @param settings settings of the project's trainer
 */
export function checkTrainer(needed: readonly string[], settings: readonly string[]) {
  return (job: Job, context: z.RefinementCtx): void => {
    const report = (setting: string, message: string) => context.addIssue({ code: "custom", path: [setting], message });
    const given = (setting: string) => Reflect.get(job, setting) !== undefined;
    if (job.image === undefined) {
      for (const setting of needed.filter((one) => !given(one))) {
        report(setting, "is missing; the project's trainer needs it, or give an image");
      }
      for (const setting of ["command", "args", "masterPort"].filter(given)) {
        report(setting, "is not for the project's own trainer; give an image, or leave it out");
      }
    } else {
      for (const setting of settings.filter((one) => given(one) && !FOR_ANY.includes(one))) {
        report(setting, "is for the project's trainer, and image names another; leave one of them out");
      }
    }
    if (job.podFailurePolicy !== undefined && job.restartPolicy !== "Never") {
      report("podFailurePolicy", "needs `restartPolicy: Never`");
    }
  };
}
