import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { fileName, objectYaml } from "../../render/files.ts";
import type { KubernetesObject } from "../../render/rendered.ts";

/** Longest output of the comparison, in bytes. */
const MOST_OUTPUT = 1 << 26;

/**
 * The differences between the manifests of two renderings, as the lines of a unified diff. Both are formatted by the same code,
 * so that only their content counts. Secrets have no values.
 */
export async function diffManifests(
  base: readonly KubernetesObject[],
  head: readonly KubernetesObject[],
): Promise<string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), "review-"));
  try {
    for (const [side, objects] of Object.entries({ base, head })) {
      await mkdir(path.join(folder, side));
      for (const object of objects) await writeFile(path.join(folder, side, fileName(object)), objectYaml(object));
    }
    const { stdout, stderr, exitCode } = await execa(
      "git",
      ["diff", "--no-index", "--no-color", "--no-ext-diff", "--find-renames", "base", "head"],
      // A person's own git settings would change the format of the diff.
      {
        cwd: folder,
        reject: false,
        maxBuffer: MOST_OUTPUT,
        env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
      },
    );
    if (exitCode !== 0 && exitCode !== 1) throw new Error(`git diff: ${stderr}`);
    return stdout === "" ? [] : stdout.split("\n").filter((line) => !/^(index|diff --git) /.test(line));
  } finally {
    await rm(folder, { recursive: true });
  }
}
