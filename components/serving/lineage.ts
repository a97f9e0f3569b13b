/** Where a version of a model comes from. */
export interface LineageArgs {
  /** Source commit of the trainer, or "unknown". */
  readonly commit: string;
  /** Date of training, `YYYY-MM-DD`. */
  readonly trainedDate: string;
  /** SHA-256 of the model's file. */
  readonly artifact: string;
  /** SHA-256 of the training data. @default omitted, since the task generates its own */
  readonly data?: string;
  /** Image that trained it. @default omitted */
  readonly image?: string;
  /** Job that trained it. @default omitted */
  readonly job?: string;
  /** Version it would replace. @default none */
  readonly parent?: string;
}

/** Metadata of a version's Deployment that records the version's origin. */
interface Origin {
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
}

/** Labels for what people select by, annotations for the rest: a hash or a reference can be too long for a label. */
export function originOf(settings: {
  readonly commitSha?: string;
  readonly trainedDate?: string;
  readonly lineage?: LineageArgs;
  readonly allowRegression?: string;
}): Origin {
  const { lineage } = settings;
  return {
    labels: given({
      "commit-sha": settings.commitSha ?? lineage?.commit,
      "trained-date": settings.trainedDate ?? lineage?.trainedDate,
    }),
    annotations: given({
      "ml-platform/artifact-sha256": lineage?.artifact,
      "ml-platform/data-sha256": lineage?.data,
      "ml-platform/trainer-image": lineage?.image,
      "ml-platform/training-job": lineage?.job,
      "ml-platform/parent-version": lineage?.parent,
      "ml-platform/allow-regression": settings.allowRegression,
    }),
  };
}

function given(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}
