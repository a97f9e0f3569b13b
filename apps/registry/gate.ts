import { RegistryError } from "./errors.ts";
import type { ModelMetadata, Regression } from "./metadata.ts";
import { listVersions, readMetadata } from "./read.ts";

/** A smaller difference is rounding error: it is less than one row in a million. */
const TOLERANCE = 1e-6;

/**
 * The version that a new `version` of the model would replace: the highest lower version that is valid and not a regression
 * itself; undefined if there is none.
 */
export async function findParent(root: string, model: string, version: string): Promise<ModelMetadata | undefined> {
  const below = (await listVersions(root, model)).filter((known) => Number(known) < Number(version));
  for (const known of below.toReversed()) {
    try {
      const metadata = await readMetadata(root, model, known);
      if (metadata.regression === undefined) return metadata;
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
    }
  }
  return undefined;
}

/**
 * The promotion gate: whether a version is worse than its parent on held-out rows. Classifiers are compared by accuracy, other
 * models by root mean squared error. Undefined if the version is not worse, or if the two have no such metric in common.
 */
export function compareWithParent(
  candidate: Pick<ModelMetadata, "accuracy" | "metrics">,
  parent: Pick<ModelMetadata, "version" | "accuracy" | "metrics">,
): Regression | undefined {
  const regression = (metric: string, value: number, previous: number): Regression => ({
    version: parent.version,
    metric,
    value,
    previous,
  });
  if (candidate.accuracy !== undefined && parent.accuracy !== undefined) {
    const worse = candidate.accuracy < parent.accuracy - TOLERANCE;
    return worse ? regression("accuracy", candidate.accuracy, parent.accuracy) : undefined;
  }
  const { rmse } = candidate.metrics;
  const previous = parent.metrics["rmse"];
  if (rmse === undefined || previous === undefined) return undefined;
  return rmse > previous + TOLERANCE ? regression("rmse", rmse, previous) : undefined;
}
