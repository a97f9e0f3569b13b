import { stat } from "node:fs/promises";
import path from "node:path";
import { makeDirectory, replaceDurably } from "./durable.ts";
import { describeFault, errorCode, RegistryError } from "./errors.ts";
import { indexFile, lockFile, versionDirectory } from "./layout.ts";
import { withLock } from "./lock.ts";
import type { ModelMetadata, RegistryIndex } from "./metadata.ts";
import { listModels, listVersions, readIndex, readMetadata } from "./read.ts";
import { sweepTemporaries } from "./sweep.ts";

/** The state of the volume: the index that describes it, and one line for each version that cannot be in it. */
export interface Survey {
  readonly index: RegistryIndex;
  readonly problems: readonly string[];
}

/** Derives the index from the version folders. A version needs valid metadata, and a graph of the size given there. */
export async function surveyVersions(root: string): Promise<Survey> {
  const problems: string[] = [];
  const models: RegistryIndex["models"] = [];
  for (const name of await listModels(root)) {
    const versions: string[] = [];
    const regressions: { version: string; than: string }[] = [];
    for (const version of await listVersions(root, name)) {
      const found = await checkVersion(root, name, version);
      if ("problem" in found) {
        problems.push(found.problem);
        continue;
      }
      versions.push(version);
      if (found.regression) regressions.push({ version, than: found.regression.version });
    }
    const marked = new Set(regressions.map(({ version }) => version));
    const latest = versions.findLast((version) => !marked.has(version)) ?? versions.at(-1);
    if (latest !== undefined)
      models.push({ name, versions, latest, ...(regressions.length === 0 ? {} : { regressions }) });
  }
  return { index: { models }, problems };
}

/**
 * Updates `registry/models.json` from the version folders, atomically and only if it differs. Safe with concurrent writers:
 * each holds the lock and surveys the folders again after writing, so that the last one writes the true state.
 */
export async function updateIndex(root: string): Promise<Survey> {
  const file = indexFile(root);
  try {
    await makeDirectory(path.dirname(file));
    await sweepTemporaries(path.dirname(file));
    return await withLock(lockFile(root), async () => {
      for (;;) {
        const survey = await surveyVersions(root);
        if (sameIndex(await currentIndex(root), survey.index)) return survey;
        await replaceDurably(file, `${JSON.stringify(survey.index, null, 2)}\n`);
      }
    });
  } catch (error) {
    throw describeFault("cannot update the index", file, error);
  }
}

async function currentIndex(root: string): Promise<RegistryIndex | undefined> {
  try {
    await stat(indexFile(root));
    return await readIndex(root);
  } catch (error) {
    // A missing or invalid index is rebuilt from the folders.
    if (error instanceof RegistryError || errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** The metadata of a version, or the reason why the version is invalid. */
async function checkVersion(
  root: string,
  model: string,
  version: string,
): Promise<ModelMetadata | { readonly problem: string }> {
  try {
    const metadata = await readMetadata(root, model, version);
    const { externalData = [], ...graph } = metadata.artifact;
    for (const { file: name, bytes } of [graph, ...externalData]) {
      const file = path.join(versionDirectory(root, model, version), name);
      const { size } = await stat(file).catch((error: unknown) => {
        throw describeFault("cannot read", file, error);
      });
      if (size !== bytes) return { problem: `${file} has ${size} bytes, not the ${bytes} its metadata says` };
    }
    return metadata;
  } catch (error) {
    if (error instanceof RegistryError) return { problem: error.message };
    throw error;
  }
}

function sameIndex(a: RegistryIndex | undefined, b: RegistryIndex): boolean {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}
