import { mkdtemp, rm } from "node:fs/promises";
import { basename, join, posix } from "node:path";
import { writeArchive } from "../images/archive.ts";
import { importImage, listImages } from "../node/images.ts";
import type { Toolchain } from "../toolchain/index.ts";

/** An image that contains one static binary, which it runs. */
export interface BinaryImage {
  readonly reference: string;
  readonly folder: string;
  readonly binary: string;
  /** Folder of the image that the binary is in. @default its root */
  readonly into?: string;
}

/** Image references of the node's own pods. */
export interface AddonImages {
  readonly pause: string;
  readonly coredns: string;
  readonly traefik: string;
  readonly metricsServer: string;
}

/** A node's containerd, its first process, and a folder for scratch files. */
export interface ImagePlace {
  readonly containerd: string;
  readonly init: number;
  readonly state: string;
}

/** Reference of the image of a tool's binary. The tag is the tool's cache key, so another build is another image. */
export const imageReference = (binary: string, folder: string) =>
  `localhost/ml-platform/${binary}:${basename(folder).split("-").at(-1)}`;

/** The references of the images made from a toolchain. */
export function addonImages(toolchain: Toolchain): AddonImages {
  return {
    pause: imageReference("pause", toolchain.helpers),
    coredns: imageReference("coredns", toolchain.coredns),
    traefik: imageReference("traefik", toolchain.traefik),
    metricsServer: imageReference("metrics-server", toolchain.metricsServer),
  };
}

/** Imports the images of the essential add-ons that the node lacks. Returns how many. */
export function ensureAddonImages(toolchain: Toolchain, init: number, state: string): Promise<number> {
  const images = addonImages(toolchain);
  const wanted: BinaryImage[] = [
    { reference: images.pause, folder: toolchain.helpers, binary: "pause" },
    { reference: images.coredns, folder: toolchain.coredns, binary: "coredns" },
    { reference: images.traefik, folder: toolchain.traefik, binary: "traefik" },
    { reference: images.metricsServer, folder: toolchain.metricsServer, binary: "metrics-server" },
  ];
  return ensureBinaryImages(wanted, { containerd: toolchain.containerd, init, state });
}

/** Imports the images that the node lacks. Returns how many. */
export async function ensureBinaryImages(wanted: readonly BinaryImage[], place: ImagePlace): Promise<number> {
  const present = await listImages(place.containerd, place.init);
  const missing = wanted.filter((image) => !present.has(image.reference));
  for (const image of missing) {
    const work = await mkdtemp(join(place.state, "image-"));
    try {
      const config = { Entrypoint: [posix.join("/", image.into ?? "", image.binary)], User: "65532:65532" };
      const archive = await writeArchive({ ...image, entries: [image.binary], config }, work);
      await importImage(place.containerd, place.init, archive);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  return missing.length;
}
