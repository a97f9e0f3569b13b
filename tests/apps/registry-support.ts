import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  readIndex,
  readMetadata,
  TEMPORARY_PREFIX,
  type VersionDescription,
  verifyArtifact,
} from "../../apps/registry/index.ts";

/** Makes an empty temporary directory for a models volume. */
export function temporaryDirectory(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), "registry-test-"));
}

/** Description of a test version. */
export function describeVersion(change: Partial<VersionDescription> = {}): VersionDescription {
  return {
    description: "a test",
    metrics: { accuracy: 0.5 },
    signature: {
      kind: "instances",
      inputs: [{ name: "x", datatype: "FP32", shape: [-1] }],
      outputs: [{ name: "y", datatype: "FP32", shape: [-1] }],
    },
    task: "test",
    hyperparameters: {},
    seed: 1,
    commit: "unknown",
    trainedDate: "2026-01-01",
    durationSeconds: 0,
    ...change,
  };
}

/** Verifies every version in the index; returns the versions by model. Throws if one is not intact. */
export async function checkedVersions(root: string): Promise<Record<string, string[]>> {
  const { models } = await readIndex(root);
  for (const { name, versions } of models) {
    for (const version of versions) await verifyArtifact(root, await readMetadata(root, name, version));
  }
  return Object.fromEntries(models.map(({ name, versions }) => [name, versions]));
}

/** Unfinished files and folders below `root`. */
export async function leftovers(root: string): Promise<string[]> {
  const names = await readdir(root, { recursive: true });
  return names.filter((name) => name.includes(TEMPORARY_PREFIX) || name.endsWith(".lock"));
}
