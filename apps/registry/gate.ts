import { RegistryError } from "./errors.ts";
import type { ModelMetadata, WorseThan } from "./metadata.ts";
import { listVersions, readMetadata } from "./read.ts";

/** Less than this is rounding: one row of a held-out split of a million. */
const TOLERANCE = 1e-6;

/**
 * The version that a new `version` of the model would replace: the highest published one below it that is whole and not
 * itself marked as worse; undefined where there is none.
 */
export async function findParent(root: string, model: string, version: string): Promise<ModelMetadata | undefined> {
  const below = (await listVersions(root, model)).filter((known) => Number(known) < Number(version));
  for (const known of below.toReversed()) {
    try {
      const metadata = await readMetadata(root, model, known);
      if (metadata.worseThan === undefined) return metadata;
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
    }
  }
  return undefined;
}

/**
 * The promotion gate: whether a version is worse than its parent on its held-out rows. Classifiers are compared by
 * accuracy, the others by root mean squared error; undefined where it is not worse, or the two have neither in common.
 */
export function compareWithParent(
  candidate: Pick<ModelMetadata, "accuracy" | "metrics">,
  parent: Pick<ModelMetadata, "version" | "accuracy" | "metrics">,
): WorseThan | undefined {
  const mark = (metric: string, value: number, previous: number): WorseThan => ({
    version: parent.version,
    metric,
    value,
    previous,
  });
  if (candidate.accuracy !== undefined && parent.accuracy !== undefined) {
    const worse = candidate.accuracy < parent.accuracy - TOLERANCE;
    return worse ? mark("accuracy", candidate.accuracy, parent.accuracy) : undefined;
  }
  const { rmse } = candidate.metrics;
  const previous = parent.metrics["rmse"];
  if (rmse === undefined || previous === undefined) return undefined;
  return rmse > previous + TOLERANCE ? mark("rmse", rmse, previous) : undefined;
}
