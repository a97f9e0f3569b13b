import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { errorMessage, lastLine, UserError } from "../../common/errors.ts";
import { acquireLock } from "../../common/file-lock.ts";
import { cacheDirectory } from "../../common/paths.ts";
import { importImage, listImages } from "../node/images.ts";
import { writeArchive } from "./archive.ts";
import { debootstrap } from "./base.ts";
import type { ImageOptions } from "./index.ts";
import { fullReference } from "./references.ts";

/** A root file system of Debian packages that replaces an image, because the embedded node cannot pull any. */
interface Substitute {
  /** Repository whose images it replaces, whatever their tag. */
  readonly repository: string;
  /** Name of the recipe; its number is increased when the result changes. */
  readonly name: string;
  readonly packages: readonly string[];
  /** `config` of the image. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Changes the root file system before it is packed. */
  readonly prepare: (root: string) => Promise<void>;
}

const substitutes: readonly Substitute[] = [
  {
    repository: "docker.io/nginxinc/nginx-unprivileged",
    name: "nginx-bookworm-1",
    packages: ["nginx"],
    config: {
      Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      Cmd: ["nginx", "-g", "daemon off;"],
      User: "101",
    },
    // nginx opens its default log files before it reads its configuration, and the root file system is read-only.
    prepare: async (root) => {
      for (const [log, stream] of Object.entries({ "access.log": "/dev/stdout", "error.log": "/dev/stderr" })) {
        await rm(join(root, "var/log/nginx", log), { force: true });
        await symlink(stream, join(root, "var/log/nginx", log));
      }
    },
  },
];

/**
 * Imports substitutes for the third-party images of a stack, under the stack's own references. Images without a substitute are
 * left to the node. A substitute is built once and kept in the cache.
 *
 * @returns the references that were imported
 * @throws UserError if a substitute cannot be built
 */
export async function ensureSubstitutes(references: ReadonlySet<string>, options: ImageOptions): Promise<string[]> {
  const wanted = [...references].map(fullReference).flatMap((reference) => {
    const substitute = substituteFor(reference);
    return substitute === undefined ? [] : [{ reference, substitute }];
  });
  if (wanted.length === 0) return [];
  const present = await listImages(options.containerd, options.init);
  const missing = wanted.filter(({ reference }) => !present.has(reference));
  for (const { reference, substitute } of missing) await importSubstitute(reference, substitute, options);
  return missing.map(({ reference }) => reference);
}

/** The substitute for a full image reference; undefined if there is none, as for a reference with a digest. */
export function substituteFor(reference: string): Substitute | undefined {
  const repository = reference.replace(/:[^:/]*$/, "");
  return substitutes.find((candidate) => candidate.repository === repository);
}

async function importSubstitute(reference: string, substitute: Substitute, options: ImageOptions): Promise<void> {
  const { containerd, init, state, report } = options;
  const root = await ensureRoot(substitute, report);
  report(`importing ${reference}`);
  const work = await mkdtemp(join(state, "image-"));
  try {
    const image = { reference, folder: root, entries: ["."], config: substitute.config };
    await importImage(containerd, init, await writeArchive(image, work));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The root file system of a substitute in the cache, built first if it is missing. */
async function ensureRoot({ name, packages, prepare }: Substitute, report: (line: string) => void): Promise<string> {
  // The folder name that earlier releases used, so that their builds are found.
  const folder = join(cacheDirectory(), "images", "stand-ins");
  const root = join(folder, name);
  if (existsSync(root)) return root;
  await mkdir(folder, { recursive: true });
  const release = acquireLock(join(folder, "lock"));
  const work = await mkdtemp(join(folder, "making-"));
  try {
    report(`building an image of Debian's ${packages.join(", ")}`);
    await debootstrap(join(work, "root"), packages, "essential");
    await prepare(join(work, "root"));
    await rename(join(work, "root"), root);
  } catch (error) {
    throw new UserError(
      `an image of Debian's ${packages.join(", ")} could not be built (${lastLine(errorMessage(error))})`,
      "check the network and try again",
    );
  } finally {
    await rm(work, { recursive: true, force: true });
    release();
  }
  return root;
}
