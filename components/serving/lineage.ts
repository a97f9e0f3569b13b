/** Where a version of a model comes from. */
export interface LineageArgs {
  /** Source commit of the trainer, or "unknown". */
  readonly commit: string;
  /** Date of training, `YYYY-MM-DD`. */
  readonly trainedDate: string;
  /** SHA-256 of the model's file. */
  readonly artefact: string;
  /** SHA-256 of the training data. @default not said: the task makes its own */
  readonly data?: string;
  /** Image that trained it. @default not said */
  readonly image?: string;
  /** Job that trained it. @default not said */
  readonly job?: string;
  /** Version it would replace. @default none */
  readonly parent?: string;
}

/** What says on a version's Deployment where the version comes from. */
interface Origin {
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
}

/** Labels for what people select by, annotations for the rest: a hash or a reference can be too long for a label. */
export function originOf(settings: {
  readonly commitSha?: string;
  readonly trainedDate?: string;
  readonly lineage?: LineageArgs;
  readonly acceptWorse?: string;
}): Origin {
  const { lineage } = settings;
  return {
    labels: given({
      "commit-sha": settings.commitSha ?? lineage?.commit,
      "trained-date": settings.trainedDate ?? lineage?.trainedDate,
    }),
    annotations: given({
      "ml-platform/artefact-sha256": lineage?.artefact,
      "ml-platform/data-sha256": lineage?.data,
      "ml-platform/trainer-image": lineage?.image,
      "ml-platform/training-job": lineage?.job,
      "ml-platform/parent-version": lineage?.parent,
      "ml-platform/accept-worse": settings.acceptWorse,
    }),
  };
}

function given(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}
