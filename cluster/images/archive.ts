import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { execa } from "execa";

/** An image of one layer. */
export interface LayerImage {
  readonly reference: string;
  /** Folder, and its entries that go into the layer under the same paths. */
  readonly folder: string;
  readonly entries: readonly string[];
  /** Folder of the image that the entries go into. @default its root */
  readonly into?: string;
  /** `config` of the image: Entrypoint, User, Env and the like. */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Time of creation of the images. Without one buildah writes the zero time into what it builds upon them, finds that their history
 * differs from the base's, and never reuses a layer.
 */
const created = "1970-01-01T00:00:00Z";

/** Writes `image` as a docker-archive into the folder `work`, owned by root inside. Returns the archive's path. */
export async function writeArchive(image: LayerImage, work: string): Promise<string> {
  const layer = join(work, "layer.tar");
  const place = image.into === undefined ? [] : [`--transform=s,^,${image.into}/,`];
  const from = ["--numeric-owner", ...place, "--directory", image.folder];
  await execa("tar", ["--create", "--file", layer, ...from, ...image.entries]);
  const hash = createHash("sha256");
  await pipeline(createReadStream(layer), hash);
  const config = {
    created,
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    config: image.config,
    rootfs: { type: "layers", diff_ids: [`sha256:${hash.digest("hex")}`] },
    // Builders expect a history entry for each layer.
    history: [{ created, created_by: "ml-platform" }],
  };
  await writeFile(join(work, "config.json"), JSON.stringify(config));
  await writeFile(
    join(work, "manifest.json"),
    JSON.stringify([{ Config: "config.json", RepoTags: [image.reference], Layers: ["layer.tar"] }]),
  );
  const archive = join(work, "image.tar");
  await execa("tar", ["--create", "--file", archive, "--directory", work, "manifest.json", "config.json", "layer.tar"]);
  return archive;
}
