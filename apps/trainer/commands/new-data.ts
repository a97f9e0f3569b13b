import { link, lstat, rename, rm } from "node:fs/promises";
import path from "node:path";
import { describeFault, errorCode } from "../../registry/index.ts";
import { temporaryName } from "../../registry/owner.ts";

/** The file on the data volume whose being there says that there is new data to train on. */
export const NEW_DATA_MARK = "new_data_available";

/**
 * Runs `work` where new data is marked, and clears the mark once it has succeeded. Returns what the work returned, or a
 * line that says that there was nothing to do.
 */
export async function whenNewData(dataVolume: string, work: () => Promise<string[]>): Promise<string[]> {
  const mark = await findMark(dataVolume);
  if (!mark) return [`no new data: there is no ${path.join(dataVolume, NEW_DATA_MARK)}, so nothing was trained`];
  const lines = await work();
  const cleared = await clearMark(mark);
  return [...lines, cleared ? `  ${mark.file} cleared` : `  ${mark.file} was set again meanwhile and stays`];
}

/** The mark as it was found. */
interface Mark {
  readonly file: string;
  readonly inode: bigint;
  readonly modified: bigint;
}

/** The mark on the data volume, or undefined where there is none. */
async function findMark(dataVolume: string): Promise<Mark | undefined> {
  return lookAt(path.join(dataVolume, NEW_DATA_MARK));
}

/**
 * Removes the mark that was found; leaves it where it has been set again since, for then there is newer data still.
 * Returns whether it is gone.
 */
async function clearMark(mark: Mark): Promise<boolean> {
  const found = await lookAt(mark.file);
  // Another run has cleared it.
  if (!found) return true;
  if (!sameMark(found, mark)) return false;
  // Taken aside first: between looking and removing somebody could set it anew.
  const aside = path.join(path.dirname(mark.file), temporaryName(".", NEW_DATA_MARK));
  try {
    await rename(mark.file, aside);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return true;
    throw describeFault("cannot remove", mark.file, error);
  }
  const same = sameMark(await lookAt(aside), mark);
  if (!same) await putBack(aside, mark.file);
  await rm(aside, { force: true });
  return same;
}

function sameMark(found: Mark | undefined, mark: Mark): boolean {
  return found?.inode === mark.inode && found.modified === mark.modified;
}

async function putBack(aside: string, file: string): Promise<void> {
  try {
    await link(aside, file);
  } catch (error) {
    // It has been set once more already.
    if (errorCode(error) !== "EEXIST") await rename(aside, file);
  }
}

async function lookAt(file: string): Promise<Mark | undefined> {
  try {
    const { ino, mtimeNs } = await lstat(file, { bigint: true });
    return { file, inode: ino, modified: mtimeNs };
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw describeFault("cannot read", file, error);
  }
}
