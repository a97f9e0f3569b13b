import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { cacheDirectory } from "../../common/paths.ts";

/**
 * The path of a program from a Debian package that is not installed, because installing it would start its service. It is
 * unpacked into the cache, in a folder named by the package's version.
 *
 * @param name the package
 * @param file path of the program in it, such as `usr/bin/promtool`
 * @throws Error if apt-get cannot download the package
 */
export async function debianProgram(name: string, file: string): Promise<string> {
  const cache = path.join(cacheDirectory(), "debian");
  const place = async () => path.join(cache, `${name}-${await candidate(name)}`);
  const unpacked = path.join(await place(), file);
  if (existsSync(unpacked)) return unpacked;
  // A new machine may have no lists of packages, and an old one outdated lists.
  await execa("apt-get", ["--quiet", "update"]);
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(path.join(cache, "unpacking-"));
  try {
    await execa("apt-get", ["--quiet", "download", name], { cwd: work });
    const [archive = ""] = await readdir(work);
    await execa("dpkg-deb", ["--extract", archive, "unpacked"], { cwd: work });
    const folder = await place();
    await rm(folder, { recursive: true, force: true });
    await rename(path.join(work, "unpacked"), folder);
    return path.join(folder, file);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The version that apt-get would download; undefined if it knows none. */
async function candidate(name: string): Promise<string | undefined> {
  const { stdout } = await execa("apt-cache", ["policy", name], { env: { LC_ALL: "C" } });
  return /^ *Candidate: (\d\S*)$/m.exec(stdout)?.[1];
}
