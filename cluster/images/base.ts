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
import { UserError } from "../../common/errors.ts";
import { writeArchive } from "./archive.ts";
import { buildah } from "./buildah.ts";

/** What `FROM node:24-slim` names in full. */
export const baseReference = "docker.io/library/node:24-slim";
const suite = "bookworm";
const npmVersion = "11.19.0";
/** Raised when the recipe below changes what it makes. */
const recipe = 1;

const require = createRequire(import.meta.url);
/** The Node of this project's own packages: the one the tests ran on. */
const nodeVersion = (require("node/package.json") as { version: string }).version;

/** Names what the base image is made of; another version is another cache folder and other image names. */
export const baseVersion = `node-${nodeVersion}-npm-${npmVersion}-${suite}-${recipe}`;

/**
 * Makes sure that `storage` has the base image: pulled where a registry can be reached, else made from Debian packages and
 * the npm packages `node` and `npm`. Done once per storage folder.
 * @throws UserError where neither works.
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
  await writeFile(mark, pulled ? "pulled\n" : "made\n");
}

async function makeBase(storage: string, report: (line: string) => void): Promise<void> {
  const work = await mkdtemp(join(storage, "base-"));
  try {
    const root = join(work, "root");
    report(`making ${baseReference} from Debian packages`);
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
    const reason = (error instanceof Error ? error.message : String(error)).trim().split("\n").at(-1);
    throw new UserError(`the base image could not be pulled or made (${reason})`, "check the network and try again");
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Makes a root file system of Debian packages in the folder `root`, without documentation.
 *
 * @param packages what it holds beside the variant's own
 * @param variant `minbase` has apt in it, `essential` has not
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

/** The published image has this user, with the id the pods run as. */
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
  if (version !== npmVersion) throw new Error(`npm ${version} came instead of ${npmVersion}`);
}
