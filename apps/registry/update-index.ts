import { stat } from "node:fs/promises";
import path from "node:path";
import { makeDirectory, replaceDurably } from "./durable.ts";
import { describeFault, errorCode, RegistryError } from "./errors.ts";
import { indexFile, lockFile } from "./layout.ts";
import { withLock } from "./lock.ts";
import type { ModelMetadata, RegistryIndex } from "./metadata.ts";
import { artefactFile, listModels, listVersions, readIndex, readMetadata } from "./read.ts";
import { sweepTemporaries } from "./sweep.ts";

/** What lies on the volume: the index it deserves, and one line for each version left out of it. */
export interface Survey {
  readonly index: RegistryIndex;
  readonly problems: readonly string[];
}

/** Derives the index from the version folders: a version counts when its metadata is whole and its graph has the size it says. */
export async function surveyVersions(root: string): Promise<Survey> {
  const problems: string[] = [];
  const models: RegistryIndex["models"] = [];
  for (const name of await listModels(root)) {
    const versions: string[] = [];
    const worse: { version: string; than: string }[] = [];
    for (const version of await listVersions(root, name)) {
      const found = await wholeVersion(root, name, version);
      if ("problem" in found) {
        problems.push(found.problem);
        continue;
      }
      versions.push(version);
      if (found.worseThan) worse.push({ version, than: found.worseThan.version });
    }
    const marked = new Set(worse.map(({ version }) => version));
    const latest = versions.findLast((version) => !marked.has(version)) ?? versions.at(-1);
    if (latest !== undefined) models.push({ name, versions, latest, ...(worse.length === 0 ? {} : { worse }) });
  }
  return { index: { models }, problems };
}

/**
 * Rewrites `registry/models.json` from the version folders, in one step and only where it differs. Safe beside other
 * writers: each holds the lock, and looks again after writing, so that the last one leaves what is really there.
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
    // A missing or broken index is written anew: the folders are what counts.
    if (error instanceof RegistryError || errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** The metadata of a version that is whole, or what is wrong with it. */
async function wholeVersion(
  root: string,
  model: string,
  version: string,
): Promise<ModelMetadata | { readonly problem: string }> {
  try {
    const metadata = await readMetadata(root, model, version);
    const file = artefactFile(root, metadata);
    const found = await stat(file).catch((error: unknown) => {
      throw describeFault("cannot read", file, error);
    });
    if (found.size === metadata.artefact.bytes) return metadata;
    return { problem: `${file} has ${found.size} bytes, not the ${metadata.artefact.bytes} its metadata says` };
  } catch (error) {
    if (error instanceof RegistryError) return { problem: error.message };
    throw error;
  }
}

function sameIndex(a: RegistryIndex | undefined, b: RegistryIndex): boolean {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}
