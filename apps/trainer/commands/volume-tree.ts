import { stat } from "node:fs/promises";
import { artefactFile, readIndex, readMetadata } from "../../registry/index.ts";

/** The models volume as an indented tree of lines: each model, its versions, size and quality of each. */
export async function volumeTree(root: string): Promise<string[]> {
  const lines = [root, "  registry/models.json"];
  for (const { name, versions, latest } of (await readIndex(root)).models) {
    lines.push(`  ${name}`);
    for (const version of versions) {
      const metadata = await readMetadata(root, name, version);
      const { size } = await stat(artefactFile(root, metadata));
      const quality = metadata.accuracy === undefined ? "" : `, accuracy ${metadata.accuracy.toFixed(3)}`;
      lines.push(
        `    ${version}  ${metadata.artefact.file} ${kilobytes(size)}${quality}${version === latest ? " (latest)" : ""}`,
      );
    }
  }
  return lines;
}

/** A size in bytes as kB, one decimal below 10. */
export function kilobytes(bytes: number): string {
  const size = bytes / 1000;
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} kB`;
}
