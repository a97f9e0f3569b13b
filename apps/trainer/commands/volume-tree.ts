import { stat } from "node:fs/promises";
import { artifactFile, readIndex, readMetadata } from "../../registry/index.ts";

/** The models volume as an indented tree: the models and their versions, with size and accuracy. */
export async function volumeTree(root: string): Promise<string[]> {
  const lines = [root, "  registry/models.json"];
  for (const { name, versions, latest } of (await readIndex(root)).models) {
    lines.push(`  ${name}`);
    for (const version of versions) {
      const metadata = await readMetadata(root, name, version);
      const { size } = await stat(artifactFile(root, metadata));
      const quality = metadata.accuracy === undefined ? "" : `, accuracy ${metadata.accuracy.toFixed(3)}`;
      lines.push(
        `    ${version}  ${metadata.artifact.file} ${kilobytes(size)}${quality}${version === latest ? " (latest)" : ""}`,
      );
    }
  }
  return lines;
}

/** Formats a size in bytes as kB, with one decimal below 10 kB. */
export function kilobytes(bytes: number): string {
  const size = bytes / 1000;
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} kB`;
}
