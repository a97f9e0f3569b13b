import { mkdtemp, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeArchive } from "../images/archive.ts";
import { importImage, listImages } from "../node/images.ts";
import type { Toolchain } from "../toolchain/index.ts";

/** An image that contains one static binary. */
interface BinaryImage {
  readonly reference: string;
  readonly folder: string;
  readonly binary: string;
}

/** Image references of the node's own pods. The tag is the tool's cache key, so another build is another image. */
export interface AddonImages {
  readonly pause: string;
  readonly coredns: string;
  readonly traefik: string;
  readonly metricsServer: string;
}

const reference = (binary: string, folder: string) =>
  `localhost/ml-platform/${binary}:${basename(folder).split("-").at(-1)}`;

/** The references of the images made from a toolchain. */
export function addonImages(toolchain: Toolchain): AddonImages {
  return {
    pause: reference("pause", toolchain.helpers),
    coredns: reference("coredns", toolchain.coredns),
    traefik: reference("traefik", toolchain.traefik),
    metricsServer: reference("metrics-server", toolchain.metricsServer),
  };
}

/** Imports the images that the node lacks. `init` is the node's first process, `state` a folder for scratch files. Returns how many. */
export async function ensureAddonImages(toolchain: Toolchain, init: number, state: string): Promise<number> {
  const images = addonImages(toolchain);
  const wanted: BinaryImage[] = [
    { reference: images.pause, folder: toolchain.helpers, binary: "pause" },
    { reference: images.coredns, folder: toolchain.coredns, binary: "coredns" },
    { reference: images.traefik, folder: toolchain.traefik, binary: "traefik" },
    { reference: images.metricsServer, folder: toolchain.metricsServer, binary: "metrics-server" },
  ];
  const present = await listImages(toolchain.containerd, init);
  const missing = wanted.filter((image) => !present.has(image.reference));
  for (const image of missing) {
    const work = await mkdtemp(join(state, "image-"));
    try {
      const config = { Entrypoint: [`/${image.binary}`], User: "65532:65532" };
      const archive = await writeArchive({ ...image, entries: [image.binary], config }, work);
      await importImage(toolchain.containerd, init, archive);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  return missing.length;
}
