import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { UserError } from "../../common/errors.ts";
import { acquireLock } from "../../common/file-lock.ts";
import { cacheDirectory, repositoryRoot } from "../../common/paths.ts";
import { importImage, listImages } from "../node/images.ts";
import { baseVersion, ensureBase } from "./base.ts";
import { buildah, removeOtherImages } from "./buildah.ts";
import { type AppImages, type ImageName, imageHash, imageNames } from "./inputs.ts";

/** The node that gets the images. */
export interface ImageOptions {
  /** Folder of the containerd binaries. */
  readonly containerd: string;
  /** Process id of the node's first process. */
  readonly init: number;
  /** Folder for scratch files. */
  readonly state: string;
  readonly report: (line: string) => void;
  /** Ends a build early. */
  readonly signal?: AbortSignal;
}

/** Path of an image's Dockerfile in the checkout. */
export const dockerfile = (image: ImageName) => `apps/${image}/Dockerfile`;

/** References of the apps' images for the current sources. */
export function appImages(combined: boolean, prefix = "localhost/ml-platform"): AppImages {
  const reference = (image: ImageName) =>
    `${prefix}/${image}:${imageHash(repositoryRoot, dockerfile(image), baseVersion)}`;
  const { inference, trainer } = imageNames(combined);
  return { inference: reference(inference), trainer: reference(trainer) };
}

/** Each required image once, with its reference. */
export function distinctImages(combined: boolean, images: AppImages): Map<ImageName, string> {
  const { inference, trainer } = imageNames(combined);
  return new Map([
    [inference, images.inference],
    [trainer, images.trainer],
  ]);
}

/**
 * Makes sure that the node has the images of both apps for the current sources. Images that it has are not built again.
 *
 * @param combined whether one image holds both apps
 * @param commit the commit that the trainer records in its models; called only if the trainer's image is built
 * @returns the references, and the images that were built
 * @throws UserError with the build's last line if a build fails
 */
export async function ensureAppImages(
  combined: boolean,
  commit: () => string,
  options: ImageOptions,
): Promise<{ images: AppImages; built: ImageName[] }> {
  const { containerd, init, report } = options;
  const images = appImages(combined);
  const present = await listImages(containerd, init);
  const missing = [...distinctImages(combined, images)].filter(([, reference]) => !present.has(reference));
  if (missing.length === 0) return { images, built: [] };
  const storage = join(cacheDirectory(), "images", baseVersion);
  await mkdir(storage, { recursive: true });
  const release = acquireLock(join(storage, "lock"));
  try {
    await ensureBase(storage, report);
    for (const [image, reference] of missing) {
      await build(storage, image, reference, image === "inference" ? undefined : commit(), options);
      report(`${image}: importing`);
      await importFrom(storage, reference, options);
      await removeOtherImages(storage, reference.replace(/:[^:]*$/, ""), reference);
    }
  } finally {
    release();
  }
  return { images, built: missing.map(([image]) => image) };
}

async function build(
  storage: string,
  image: ImageName,
  reference: string,
  commit: string | undefined,
  options: ImageOptions,
): Promise<void> {
  // Containers of an interrupted build.
  await buildah(storage, ["rm", "--all"]).catch(() => undefined);
  const flags = [
    "--isolation",
    "chroot",
    "--pull-never",
    "--layers",
    "--format",
    "docker",
    ...(await npmMounts(storage)),
  ];
  const argument = commit === undefined ? [] : ["--build-arg", `COMMIT=${commit}`];
  const tag = ["--tag", reference, "--file", join(repositoryRoot, dockerfile(image)), repositoryRoot];
  const log = join(options.state, `build-${image}.log`);
  const lines: string[] = [];
  try {
    const report = (line: string) => {
      lines.push(line);
      options.report(`${image}: ${line}`);
    };
    await buildah(storage, ["build", ...flags, ...argument, ...tag], report, options.signal);
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    await writeFile(log, `${lines.join("\n")}\n`);
    const reason =
      lines.findLast((line) => /error/i.test(line) && !line.startsWith("Error: building at STEP")) ??
      lines.at(-1) ??
      "no output";
    throw new UserError(`the image of ${image} could not be built (${reason})`, `see ${log}`);
  }
}

/**
 * Mounts that let `npm ci` in a build use this machine's certificates and registry. They are mounted and not copied, so that no
 * layer contains them.
 */
async function npmMounts(storage: string): Promise<string[]> {
  const authorities = "/etc/ssl/certs/ca-certificates.crt";
  if (!existsSync(authorities)) return [];
  const registry = await execa("npm", ["config", "get", "registry"], { reject: false });
  const npmrc = join(storage, "npmrc");
  const lines = [`cafile=${authorities}`, ...(registry.exitCode === 0 ? [`registry=${registry.stdout.trim()}`] : [])];
  await writeFile(npmrc, `${lines.join("\n")}\n`);
  return ["--volume", `${authorities}:${authorities}:ro`, "--volume", `${npmrc}:/usr/local/etc/npmrc:ro`];
}

async function importFrom(
  storage: string,
  reference: string,
  { containerd, init, state }: ImageOptions,
): Promise<void> {
  const work = await mkdtemp(join(state, "image-"));
  try {
    const archive = join(work, "image.tar");
    await buildah(storage, ["push", reference, `docker-archive:${archive}:${reference}`]);
    await importImage(containerd, init, archive);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
