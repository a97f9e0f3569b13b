import type { ModelMetadata, WorseThan } from "./metadata.ts";

/** Where a version comes from, in one flat object: what a stack file, a label or an API answer can carry. */
export interface Lineage {
  /** Source commit of the trainer, or "unknown". */
  readonly commit: string;
  /** ISO 8601 date of training. */
  readonly trainedDate: string;
  /** SHA-256 of the graph. */
  readonly artefact: string;
  /** SHA-256 of the training data; undefined for a task that makes its own. */
  readonly data?: string;
  /** Reference of the trainer's image. */
  readonly image?: string;
  /** Kubernetes Job that trained it, `<namespace>/<name>`. */
  readonly job?: string;
  /** The version it would replace. */
  readonly parent?: string;
  /** The promotion gate's mark. */
  readonly worseThan?: WorseThan;
}

/** The lineage of a version, from its metadata; what is not known is left out. */
export function lineageOf(metadata: ModelMetadata): Lineage {
  const { commit, trainedDate, artefact, data, image, parent, worseThan, job } = metadata;
  const jobName = job?.name && [job.namespace, job.name].filter(Boolean).join("/");
  return {
    commit,
    trainedDate,
    artefact: artefact.sha256,
    ...(data && { data: data.sha256 }),
    ...(image && { image }),
    ...(jobName && { job: jobName }),
    ...(parent && { parent }),
    ...(worseThan && { worseThan }),
  };
}

/** The lineage as text by name; of the promotion gate's mark, the version that was better. */
export function lineageProperties(metadata: ModelMetadata): Record<string, string> {
  const { worseThan, ...lineage } = lineageOf(metadata);
  return { ...lineage, ...(worseThan && { worseThan: worseThan.version }) };
}
