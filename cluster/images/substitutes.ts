import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../common/errors.ts";
import { cacheDirectory } from "../../common/paths.ts";
import { importImage, listImages } from "../node/images.ts";
import { acquireLock } from "../node/lock.ts";
import { writeArchive } from "./archive.ts";
import { debootstrap } from "./base.ts";
import type { ImageOptions } from "./index.ts";
import { fullReference } from "./references.ts";

/** An image that the embedded node cannot pull, and a root file system of Debian packages in its place. */
interface StandIn {
  /** Repository whose images it stands in for, whatever their tag. */
  readonly repository: string;
  /** Names the recipe; raised when what it makes changes. */
  readonly name: string;
  readonly packages: readonly string[];
  /** `config` of the image. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Changes the root file system before it is packed. */
  readonly prepare: (root: string) => Promise<void>;
}

const standIns: readonly StandIn[] = [
  {
    repository: "docker.io/nginxinc/nginx-unprivileged",
    name: "nginx-bookworm-1",
    packages: ["nginx"],
    config: {
      Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      Cmd: ["nginx", "-g", "daemon off;"],
      User: "101",
    },
    // nginx opens its log before it reads where the settings want it, and the image's root is read-only.
    prepare: async (root) => {
      for (const [log, stream] of Object.entries({ "access.log": "/dev/stdout", "error.log": "/dev/stderr" })) {
        await rm(join(root, "var/log/nginx", log), { force: true });
        await symlink(stream, join(root, "var/log/nginx", log));
      }
    },
  },
];

/**
 * Makes sure that the node has the images of others that a stack names, as far as Debian has the program: made once into
 * the cache, and given to the node under the very references of the stack. Other images are left to the node.
 *
 * @returns the references that were given to the node
 * @throws UserError where one cannot be made
 */
export async function ensureStandIns(references: ReadonlySet<string>, options: ImageOptions): Promise<string[]> {
  const wanted = [...references].map(fullReference).flatMap((reference) => {
    const standIn = standInFor(reference);
    return standIn === undefined ? [] : [{ reference, standIn }];
  });
  if (wanted.length === 0) return [];
  const present = await listImages(options.containerd, options.init);
  const missing = wanted.filter(({ reference }) => !present.has(reference));
  for (const { reference, standIn } of missing) await importStandIn(reference, standIn, options);
  return missing.map(({ reference }) => reference);
}

/** The recipe for an image in full; undefined where there is none, as for one that is named by its digest. */
export function standInFor(reference: string): StandIn | undefined {
  const repository = reference.replace(/:[^:/]*$/, "");
  return standIns.find((candidate) => candidate.repository === repository);
}

async function importStandIn(reference: string, standIn: StandIn, options: ImageOptions): Promise<void> {
  const { containerd, init, state, report } = options;
  const root = await ensureRoot(standIn, report);
  report(`importing ${reference}`);
  const work = await mkdtemp(join(state, "image-"));
  try {
    const image = { reference, folder: root, entries: ["."], config: standIn.config };
    await importImage(containerd, init, await writeArchive(image, work));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The root file system of a stand-in in the cache, made first where it is not there. */
async function ensureRoot({ name, packages, prepare }: StandIn, report: (line: string) => void): Promise<string> {
  const folder = join(cacheDirectory(), "images", "stand-ins");
  const root = join(folder, name);
  if (existsSync(root)) return root;
  await mkdir(folder, { recursive: true });
  const release = acquireLock(join(folder, "lock"));
  const work = await mkdtemp(join(folder, "making-"));
  try {
    report(`making an image of Debian's ${packages.join(", ")}`);
    await debootstrap(join(work, "root"), packages, "essential");
    await prepare(join(work, "root"));
    await rename(join(work, "root"), root);
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).trim().split("\n").at(-1);
    throw new UserError(
      `an image of Debian's ${packages.join(", ")} could not be made (${reason})`,
      "check the network and try again",
    );
  } finally {
    await rm(work, { recursive: true, force: true });
    release();
  }
  return root;
}
