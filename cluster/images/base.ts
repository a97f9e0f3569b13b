import {
  appendFile,
  chmod,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { execa } from "execa";
import { errorMessage, lastLine, UserError } from "../../common/errors.ts";
import { writeArchive } from "./archive.ts";
import { buildah } from "./buildah.ts";

/** The full reference of `FROM node:24-slim`. */
export const baseReference = "docker.io/library/node:24-slim";
const suite = "bookworm";
const npmVersion = "11.19.0";
/** Increased when the recipe below changes its result. */
const recipe = 2;

const require = createRequire(import.meta.url);
/** The version of Node.js in this project's own packages, on which the tests run. */
const nodeVersion = (require("node/package.json") as { version: string }).version;

/** The parts of the base image; another version means another cache folder and other image tags. */
export const baseVersion = `node-${nodeVersion}-npm-${npmVersion}-${suite}-${recipe}`;

/**
 * Makes sure that `storage` has the base image: pulled if a registry can be reached, otherwise built from Debian packages and the
 * npm packages `node` and `npm`. Done once per storage folder.
 * @throws UserError if neither works
 */
export async function ensureBase(storage: string, report: (line: string) => void): Promise<void> {
  const mark = join(storage, "base-ready");
  if (await stat(mark).catch(() => undefined)) return;
  await mkdir(storage, { recursive: true });
  report(`looking for ${baseReference}`);
  const pulled = await buildah(storage, ["pull", "--quiet", baseReference]).then(
    () => true,
    () => false,
  );
  if (!pulled) await makeBase(storage, report);
  await writeFile(mark, pulled ? "pulled\n" : "built\n");
}

async function makeBase(storage: string, report: (line: string) => void): Promise<void> {
  const work = await mkdtemp(join(storage, "base-"));
  try {
    const root = join(work, "root");
    report(`building ${baseReference} from Debian packages`);
    await debootstrap(root, ["ca-certificates"], "minbase");
    await addUser(root);
    report("adding Node and npm");
    await addNode(root, work);
    const config = {
      Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", `NODE_VERSION=${nodeVersion}`],
      Cmd: ["node"],
    };
    const archive = await writeArchive({ reference: baseReference, folder: root, entries: ["."], config }, work);
    await buildah(storage, ["pull", "--quiet", `docker-archive:${archive}`], report);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `the base image could not be pulled or built (${lastLine(errorMessage(error))})`,
      "check the network and try again",
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Builds a root file system of Debian packages in the folder `root`, without documentation.
 *
 * @param packages packages in addition to those of the variant
 * @param variant `minbase` includes apt, `essential` does not
 */
export async function debootstrap(
  root: string,
  packages: readonly string[],
  variant: "minbase" | "essential",
): Promise<void> {
  const without = ["doc", "man", "locale", "info"].map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`);
  const include = `--include=${packages.join(",")}`;
  await execa("mmdebstrap", ["--quiet", `--variant=${variant}`, include, ...without, suite, root]);
  await rm(join(root, "dev"), { recursive: true, force: true });
  await mkdir(join(root, "dev"));
}

/** Adds the user of the published image, with the id that pods run as. */
async function addUser(root: string): Promise<void> {
  await appendFile(join(root, "etc/passwd"), "node:x:1000:1000::/home/node:/bin/bash\n");
  await appendFile(join(root, "etc/group"), "node:x:1000:\n");
}

async function addNode(root: string, work: string): Promise<void> {
  const local = join(root, "usr/local");
  const npm = join(local, "lib/node_modules/npm");
  await copyFile(join(require.resolve("node/package.json"), "../bin/node"), join(local, "bin/node"));
  await chmod(join(local, "bin/node"), 0o755);
  await execa("npm", ["pack", "--silent", `npm@${npmVersion}`], { cwd: work });
  await execa("tar", ["--extract", "--no-same-owner", "--file", `npm-${npmVersion}.tgz`], { cwd: work });
  await mkdir(join(npm, ".."), { recursive: true });
  await cp(join(work, "package"), npm, { recursive: true });
  for (const name of ["npm", "npx"])
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(local, "bin", name));
  const { version } = JSON.parse(await readFile(join(npm, "package.json"), "utf8")) as { version: string };
  if (version !== npmVersion) throw new Error(`got npm ${version} instead of ${npmVersion}`);
}
