import { createHash } from "node:crypto";
import { z } from "zod";
import { SourceError } from "../errors.ts";
import { getText } from "../http.ts";
import type { RemoteFile, SourceContext } from "../remote-file.ts";
import type { Source } from "../source.ts";
import { OCI_CREDENTIALS, registryAccess, registryUrl } from "./oci-access.ts";

type OciSource = Extract<Source, { kind: "oci" }>;

const ACCEPT = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

const TITLE = "org.opencontainers.image.title";
/** ORAS packs folders and marks them so. */
const UNPACK = "io.deis.oras.content.unpack";

const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const Manifest = z.object({
  layers: z
    .array(
      z.object({
        mediaType: z.string(),
        digest: Digest,
        size: z.int().min(0),
        annotations: z.record(z.string(), z.string()).optional(),
      }),
    )
    .optional(),
  manifests: z
    .array(
      z.object({
        digest: Digest,
        platform: z.object({ os: z.string(), architecture: z.string() }).optional(),
      }),
    )
    .optional(),
});

/**
 * The files of an artifact as ORAS pushes it (one blob a file, named by its title), or the layers of an image.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 * @throws SourceError if there is no such artifact, or its manifest is not what its digest says
 */
export async function listOci(source: OciSource, context: SourceContext): Promise<RemoteFile[]> {
  const access = registryAccess(source, context);
  const base = `${registryUrl(source)}/v2/${source.repository}`;
  const manifestOf = async (reference: string) => {
    const headers = { ...(await access()), accept: ACCEPT };
    const { text } = await getText(
      { url: new URL(`${base}/manifests/${reference}`), headers },
      context,
      OCI_CREDENTIALS,
    );
    return parseManifest(text, reference, context);
  };
  const manifest = await manifestOf(source.reference);
  const { layers = [] } =
    manifest.manifests === undefined ? manifest : await manifestOf(platformOf(manifest.manifests, context));
  if (layers.length === 0) throw new SourceError(`${context.text}: the artifact has no files: check the URL`);
  return layers.map(({ digest, size, mediaType, annotations = {} }) => {
    const title = annotations[TITLE];
    const isArchive =
      annotations[UNPACK] === "true" || (title === undefined && /tar(\+?gzip|\.gzip|\+gz)?$/.test(mediaType));
    if (title === undefined && !isArchive) {
      throw new SourceError(
        `${context.text}: a layer of the type ${mediaType} has neither a title nor is it a tar archive: push the files by ORAS, or as an image`,
      );
    }
    return {
      path: isArchive ? `${digest.replace(":", "-")}.tar` : (title ?? ""),
      bytes: size,
      digest: { algorithm: "sha256", value: digest.slice("sha256:".length) },
      isArchive,
      request: async () => ({ url: new URL(`${base}/blobs/${digest}`), headers: await access() }),
    };
  });
}

function parseManifest(text: string, reference: string, context: SourceContext): z.infer<typeof Manifest> {
  if (reference.startsWith("sha256:")) {
    const found = `sha256:${createHash("sha256").update(text).digest("hex")}`;
    if (found !== reference) {
      throw new SourceError(`${context.text}: the registry sends a manifest with the digest ${found}: do not trust it`);
    }
  }
  try {
    return Manifest.parse(JSON.parse(text));
  } catch {
    throw new SourceError(`${context.text}: the registry sends no manifest of an artifact or image: check the URL`);
  }
}

/** The manifest for this processor; models are the same for all, but images of them may be built for each. */
function platformOf(manifests: NonNullable<z.infer<typeof Manifest>["manifests"]>, context: SourceContext): string {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const found =
    manifests.find(({ platform }) => platform?.os === "linux" && platform.architecture === architecture) ??
    manifests[0];
  if (found === undefined) throw new SourceError(`${context.text}: the image index is empty: check the URL`);
  return found.digest;
}
