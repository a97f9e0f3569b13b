import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { sha256 } from "./support.ts";

/** A repository of a registry that is pushed to. */
export interface Repository {
  /** Origin of the registry. */
  readonly url: string;
  readonly name: string;
  /** Value of the header `Authorization`. @default none */
  readonly authorization?: string;
}

interface Layer {
  readonly mediaType: string;
  readonly content: Buffer;
  readonly annotations?: Readonly<Record<string, string>>;
}

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

/** Pushes files as ORAS does: one blob each, named by its title. @returns the digest of the manifest */
export function pushArtifact(
  repository: Repository,
  tag: string,
  files: Readonly<Record<string, Buffer>>,
): Promise<string> {
  const config = { mediaType: "application/vnd.oci.empty.v1+json", content: Buffer.from("{}") };
  const layers = Object.entries(files).map(([title, content]) => ({
    mediaType: "application/octet-stream",
    content,
    annotations: { "org.opencontainers.image.title": title },
  }));
  return push(repository, tag, config, layers, "application/vnd.ml.model.v1");
}

/** Pushes an image with one layer of files. @returns the digest of the manifest */
export async function pushImage(
  repository: Repository,
  tag: string,
  files: Readonly<Record<string, Buffer>>,
): Promise<string> {
  const layer = await tar(files);
  const config = {
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    config: {},
    rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] },
  };
  return push(
    repository,
    tag,
    { mediaType: "application/vnd.oci.image.config.v1+json", content: Buffer.from(JSON.stringify(config)) },
    [{ mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", content: gzipSync(layer) }],
  );
}

/** A tar archive of files. */
export async function tar(files: Readonly<Record<string, Buffer>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  return Buffer.concat(await Array.fromAsync(archive as AsyncIterable<Uint8Array>));
}

async function push(
  repository: Repository,
  tag: string,
  config: Layer,
  layers: readonly Layer[],
  artifactType?: string,
): Promise<string> {
  const descriptor = ({ mediaType, content, annotations }: Layer) => ({
    mediaType,
    digest: `sha256:${sha256(content)}`,
    size: content.length,
    ...(annotations === undefined ? {} : { annotations }),
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      ...(artifactType === undefined ? {} : { artifactType }),
      config: descriptor(config),
      layers: layers.map(descriptor),
    }),
  );
  for (const { content } of [config, ...layers]) await pushBlob(repository, content);
  const place = `${repository.url}/v2/${repository.name}/manifests/${tag}`;
  await send(repository, place, "PUT", manifest, MANIFEST);
  return `sha256:${sha256(manifest)}`;
}

async function pushBlob(repository: Repository, content: Buffer): Promise<void> {
  const { headers } = await send(repository, `${repository.url}/v2/${repository.name}/blobs/uploads/`, "POST");
  const place = new URL(headers.get("location") ?? "", repository.url);
  place.searchParams.set("digest", `sha256:${sha256(content)}`);
  await send(repository, place.href, "PUT", content, "application/octet-stream");
}

async function send({ authorization }: Repository, url: string, method: string, body?: Buffer, type?: string) {
  const headers = {
    ...(authorization === undefined ? {} : { authorization }),
    ...(type === undefined ? {} : { "content-type": type }),
  };
  const answer = await fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body: new Uint8Array(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
  return answer;
}
