import path from "node:path";
import { type ModelMetadata, versionDirectory, type WorseThan } from "../../registry/index.ts";
import { kilobytes } from "./volume-tree.ts";

/** A few lines for the person who trained: what came out, how good it is, where it lies. */
export function summarise(models: string, metadata: ModelMetadata): string[] {
  const { name, version, artefact, data, worseThan } = metadata;
  const metrics = Object.entries(metadata.metrics).map(
    ([metric, value]) => `${metric} ${Number(value.toPrecision(4))}`,
  );
  const rows = data ? ` on ${data.testRows} held-out rows of ${data.rows}` : "";
  return [
    `${name} version ${version} published`,
    `  ${metrics.join(", ")}${rows}`,
    `  ${path.join(versionDirectory(models, name, version), artefact.file)}, ${kilobytes(artefact.bytes)}, sha256 ${artefact.sha256.slice(0, 12)}…`,
    `  trained in ${metadata.durationSeconds} s`,
    ...(worseThan === undefined ? [] : [`  ${describeMark(worseThan)}; marked, and not to be served unless accepted`]),
  ];
}

/** The promotion gate's mark in words. */
export function describeMark({ version, metric, value, previous }: WorseThan): string {
  const short = (number: number) => Number(number.toPrecision(4));
  return `worse than version ${version}: ${metric} ${short(value)} against ${short(previous)}`;
}
