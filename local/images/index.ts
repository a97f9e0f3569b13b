import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { trainerCommit } from "../../components/source-commit.ts";
import { UserError } from "../errors.ts";
import { importImage, listImages } from "../node/images.ts";
import { acquireLock } from "../node/lock.ts";
import { cacheDirectory, repositoryRoot } from "../paths.ts";
import { baseVersion, ensureBase } from "./base.ts";
import { buildah, removeOtherImages } from "./buildah.ts";
import { type App, type AppImages, apps, imageHash } from "./inputs.ts";

/** Where images go: the containerd of the embedded node. */
export interface ImageOptions {
  /** Folder of the containerd binaries. */
  readonly containerd: string;
  /** The node's first process. */
  readonly init: number;
  /** Folder for scratch files. */
  readonly state: string;
  readonly report: (line: string) => void;
}

const dockerfile = (app: App) => `apps/${app}/Dockerfile`;

/** The references the apps' images have for the sources as they are now. */
export function appImages(prefix = "localhost/ml-platform"): AppImages {
  const reference = (app: App) => `${prefix}/${app}:${imageHash(repositoryRoot, dockerfile(app), baseVersion)}`;
  return { inference: reference("inference"), trainer: reference("trainer") };
}

/**
 * Makes sure that the node has the images of both apps for the sources as they are. An image it has is neither built nor
 * imported again. Returns the references and which apps were built.
 * @throws UserError with the build's last line where a build fails.
 */
export async function ensureAppImages(options: ImageOptions): Promise<{ images: AppImages; built: App[] }> {
  const { containerd, init, state, report } = options;
  const images = appImages();
  const present = await listImages(containerd, init);
  const missing = apps.filter((app) => !present.has(images[app]));
  if (missing.length === 0) return { images, built: [] };
  const storage = join(cacheDirectory(), "images", baseVersion);
  await mkdir(storage, { recursive: true });
  const release = acquireLock(join(storage, "lock"));
  try {
    await ensureBase(storage, report);
    for (const app of missing) {
      await build(storage, app, images[app], options);
      report(`${app}: importing`);
      await importFrom(storage, images[app], { containerd, init, state, report });
      await removeOtherImages(storage, images[app].replace(/:[^:]*$/, ""), images[app]);
    }
  } finally {
    release();
  }
  return { images, built: missing };
}

async function build(storage: string, app: App, reference: string, options: ImageOptions): Promise<void> {
  // What an interrupted build has left.
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
  const commit = app === "trainer" ? ["--build-arg", `COMMIT=${trainerCommit(repositoryRoot)}`] : [];
  const tag = ["--tag", reference, "--file", join(repositoryRoot, dockerfile(app)), repositoryRoot];
  const log = join(options.state, `build-${app}.log`);
  const lines: string[] = [];
  try {
    await buildah(storage, ["build", ...flags, ...commit, ...tag], (line) => {
      lines.push(line);
      options.report(`${app}: ${line}`);
    });
  } catch {
    await writeFile(log, `${lines.join("\n")}\n`);
    const reason =
      lines.findLast((line) => /error/i.test(line) && !line.startsWith("Error: building at STEP")) ??
      lines.at(-1) ??
      "no output";
    throw new UserError(`the image of ${app} could not be built (${reason})`, `see ${log}`);
  }
}

/**
 * Mounts that let `npm ci` in a build use this machine's certificates and registry. Mounted, not copied: nothing of them
 * stays in a layer.
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
