import { cp, mkdir, mkdtemp, readdir, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { REPOSITORY } from "./pages.ts";

/** A copy of this checkout in a temporary folder, which commands may change. */
export interface Checkout {
  readonly folder: string;
  remove(): Promise<void>;
}

/** Copies this checkout with its uncommitted changes; its history and its packages are shared. */
export async function copyCheckout(): Promise<Checkout> {
  const parent = await mkdtemp(path.join(tmpdir(), "ml-platform-docs-"));
  const folder = path.join(parent, "checkout");
  const remove = () => rm(parent, { recursive: true, force: true });
  await fill(folder).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  return { folder, remove };
}

async function fill(folder: string): Promise<void> {
  // A clone, so that models and images record the same commit as in this checkout.
  await execa("git", ["clone", "--quiet", "--shared", "--no-checkout", REPOSITORY, folder]);
  await execa("git", ["reset", "--quiet"], { cwd: folder });
  const { stdout } = await execa("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: REPOSITORY,
  });
  for (const file of stdout.split("\0").filter((name) => name !== "" && name !== "node_modules")) {
    await cp(path.join(REPOSITORY, file), path.join(folder, file), { verbatimSymlinks: true }).catch(
      (error: NodeJS.ErrnoException) => {
        // A listed file may have been deleted without a commit.
        if (error.code !== "ENOENT") throw error;
      },
    );
  }
  await linkPackages(path.join(folder, "node_modules"));
}

/**
 * Creates a folder of links to the installed packages. The folder itself must not be a link, because `npm ci` in the
 * copy would empty its target.
 */
async function linkPackages(folder: string): Promise<void> {
  const installed = await realpath(path.join(REPOSITORY, "node_modules"));
  await mkdir(folder);
  for (const name of await readdir(installed)) {
    // The copied marker of a finished install is newer than package-lock.json, so scripts/bootstrap.sh installs nothing.
    if (name === ".package-lock.json") await cp(path.join(installed, name), path.join(folder, name));
    else if (name !== ".cache") await symlink(path.join(installed, name), path.join(folder, name));
  }
}
