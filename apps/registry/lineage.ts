import { z } from "zod";
import { type ModelMetadata, ModelVersion } from "./metadata.ts";

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hexadecimal");
const Version = ModelVersion.meta({ title: "version" });

/** A commit as a label carries it; `-dirty` if the sources had uncommitted changes. */
export const Commit = z
  .string()
  .regex(/^[0-9a-f]{6,57}(-dirty)?$/, "must be a commit hash in hexadecimal")
  .meta({ title: "commit" });

/** Where a version comes from, as one flat object for stack files, labels and API responses. */
export const Lineage = z
  .strictObject({
    commit: z.union([Commit, z.literal("unknown")]).describe("Source commit of the trainer."),
    trainedDate: z.iso.date('must be a date in quotes, such as "2026-01-15"').describe("Date of training."),
    artifact: Sha256.describe("SHA-256 of the model's file."),
    data: Sha256.optional().describe("SHA-256 of the training data."),
    image: z.string().min(1).optional().describe("Image that trained it."),
    job: z.string().min(1).optional().describe("Job that trained it."),
    parent: Version.optional().describe("Version it would replace."),
    regression: z
      .strictObject({
        version: Version.describe("The better version."),
        metric: z.string().min(1).describe("The metric that they were compared by."),
        value: z.number().describe("Its value for this version."),
        previous: z.number().describe("Its value for the better version."),
      })
      .optional()
      .describe("Set by the promotion gate if the version is worse than the one it would replace."),
  })
  .describe("Where the version comes from, as `npm run lineage` prints it. Default: none.");
export type Lineage = z.infer<typeof Lineage>;

/** The lineage of a version from its metadata, without unknown fields. The date may be "unknown". */
export function lineageOf(metadata: ModelMetadata): Lineage {
  const { commit, trainedDate, artifact, data, image, parent, regression, job } = metadata;
  const jobName = job?.name && [job.namespace, job.name].filter(Boolean).join("/");
  return {
    commit,
    trainedDate,
    artifact: artifact.sha256,
    ...(data && { data: data.sha256 }),
    ...(image && { image }),
    ...(jobName && { job: jobName }),
    ...(parent && { parent }),
    ...(regression && { regression }),
  };
}

/** The lineage as strings by name; of a regression, the version that was better. */
export function lineageProperties(metadata: ModelMetadata): Record<string, string> {
  const { regression, ...lineage } = lineageOf(metadata);
  return { ...lineage, ...(regression && { regression: regression.version }) };
}
