import path from "node:path";
import { type ModelMetadata, type Regression, versionDirectory } from "../../registry/index.ts";
import { kilobytes } from "./volume-tree.ts";

/** A summary of a new version: its metrics, and where it is. */
export function summarize(models: string, metadata: ModelMetadata): string[] {
  const { name, version, artifact, data, regression } = metadata;
  const metrics = Object.entries(metadata.metrics).map(
    ([metric, value]) => `${metric} ${Number(value.toPrecision(4))}`,
  );
  const rows = data ? ` on ${data.testRows} held-out rows of ${data.rows}` : "";
  return [
    `${name} version ${version} published`,
    `  ${metrics.join(", ")}${rows}`,
    `  ${path.join(versionDirectory(models, name, version), artifact.file)}, ${kilobytes(artifact.bytes)}, sha256 ${artifact.sha256.slice(0, 12)}…`,
    `  trained in ${metadata.durationSeconds} s`,
    ...(data?.notes ?? []).map((note) => `  note: ${note}`),
    ...(regression === undefined
      ? []
      : [`  ${describeRegression(regression)}; marked as a regression, served only with allowRegression`]),
  ];
}

/** The result of the promotion gate for a regression. */
export function describeRegression({ version, metric, value, previous }: Regression): string {
  const short = (number: number) => Number(number.toPrecision(4));
  return `worse than version ${version}: ${metric} ${short(value)} against ${short(previous)}`;
}
