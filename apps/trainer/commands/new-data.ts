import { link, lstat, rename, rm } from "node:fs/promises";
import path from "node:path";
import { describeFault, errorCode } from "../../registry/index.ts";
import { temporaryName } from "../../registry/owner.ts";

/** The marker file on the data volume: if it exists, there is new data to train on. */
export const NEW_DATA_MARKER = "new_data_available";

/**
 * Runs `work` if there is a marker, and removes the marker after success. Returns the result of `work`, or a line that says
 * that there was nothing to do.
 */
export async function whenNewData(dataVolume: string, work: () => Promise<string[]>): Promise<string[]> {
  const marker = await findMarker(dataVolume);
  if (!marker) return [`no new data: there is no ${path.join(dataVolume, NEW_DATA_MARKER)}, so nothing was trained`];
  const lines = await work();
  const cleared = await clearMarker(marker);
  return [
    ...lines,
    cleared ? `  ${marker.file} removed` : `  ${marker.file} was created again in the meantime and is kept`,
  ];
}

/** A marker file at the time it was found. */
interface Marker {
  readonly file: string;
  readonly inode: bigint;
  readonly modified: bigint;
}

/** The marker on the data volume; undefined if there is none. */
async function findMarker(dataVolume: string): Promise<Marker | undefined> {
  return readMarker(path.join(dataVolume, NEW_DATA_MARKER));
}

/**
 * Removes the marker that was found, unless it was created again in the meantime, which means even newer data. Returns
 * whether it is gone.
 */
async function clearMarker(marker: Marker): Promise<boolean> {
  const found = await readMarker(marker.file);
  // Another run has removed it.
  if (!found) return true;
  if (!sameMarker(found, marker)) return false;
  // Renamed before it is removed, because it could be created again between the check and the removal.
  const aside = path.join(path.dirname(marker.file), temporaryName(".", NEW_DATA_MARKER));
  try {
    await rename(marker.file, aside);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return true;
    throw describeFault("cannot remove", marker.file, error);
  }
  const same = sameMarker(await readMarker(aside), marker);
  if (!same) await putBack(aside, marker.file);
  await rm(aside, { force: true });
  return same;
}

function sameMarker(found: Marker | undefined, marker: Marker): boolean {
  return found?.inode === marker.inode && found.modified === marker.modified;
}

async function putBack(aside: string, file: string): Promise<void> {
  try {
    await link(aside, file);
  } catch (error) {
    // It has been created again.
    if (errorCode(error) !== "EEXIST") await rename(aside, file);
  }
}

async function readMarker(file: string): Promise<Marker | undefined> {
  try {
    const { ino, mtimeNs } = await lstat(file, { bigint: true });
    return { file, inode: ino, modified: mtimeNs };
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw describeFault("cannot read", file, error);
  }
}
