import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { METADATA_FILE, MODEL_FILE, versionDirectory } from "../../../../apps/registry/layout.ts";
import type { ModelName } from "./models.ts";
import { metadataOf } from "./registry.ts";
import { startTestServer, type TestServer } from "./server.ts";

/** Settings that serve the newest version of every model. */
export const WHOLE = { MODEL_NAME: "*", MODEL_VERSION: "latest" };

/** Starts a server of all models of a registry, the newest version of each unless `env` says otherwise. */
export function startRepository(
  env: Record<string, string>,
  published: readonly (readonly [ModelName, string])[],
): Promise<TestServer> {
  return startTestServer({ model: "words", published, env: { ...WHOLE, ...env } });
}

/** The versions of the repository with their states, such as `iris/1 READY`. */
export async function states(server: TestServer): Promise<string[]> {
  return (
    (await server.post("/v2/repository/index", {})).body as { name: string; version: string; state: string }[]
  ).map(({ name, version, state }) => `${name}/${version} ${state}`);
}

/** The served versions of a model; undefined if there are none. */
export async function versionOf(server: TestServer, model: string): Promise<string[] | undefined> {
  return (await server.get(`/v1/models/${model}`)).body.model_version_status?.map(
    (one: { version: string }) => one.version,
  );
}

/** Changes one byte of a version's graph; returns a function that restores it. */
export async function spoil(server: TestServer, model: ModelName, version: string): Promise<() => Promise<void>> {
  const file = path.join(versionDirectory(server.root, model, version), MODEL_FILE);
  const good = await readFile(file);
  const bad = Buffer.from(good);
  bad.writeUInt8(bad.readUInt8(100) ^ 1, 100);
  await writeFile(file, bad);
  return () => writeFile(file, good);
}

/** Publishes version 1 of half-plus-two again, with a comment in its graph; returns its new SHA-256. */
export async function publishAnew(server: TestServer): Promise<string> {
  const directory = versionDirectory(server.root, "half-plus-two", "1");
  const graph = await readFile(path.join(directory, MODEL_FILE));
  // `doc_string`, the sixth field of `ModelProto`.
  const anew = Buffer.concat([graph, Buffer.from("\x32\x04anew")]);
  const sha256 = createHash("sha256").update(anew).digest("hex");
  const { artifact, ...metadata } = await metadataOf("half-plus-two", "1");
  await writeFile(path.join(directory, MODEL_FILE), anew);
  const described = { ...metadata, artifact: { ...artifact, sha256, bytes: anew.byteLength } };
  await writeFile(path.join(directory, METADATA_FILE), JSON.stringify(described));
  return sha256;
}

/** The SHA-256 of each loaded graph. */
export async function loaded(server: TestServer): Promise<(string | undefined)[]> {
  const metrics: string = (await server.get("/metrics")).body;
  return [...metrics.matchAll(/^model_info\{.*sha256="([0-9a-f]+)"/gm)].map(([, sha256]) => sha256);
}

/** Sends requests to half-plus-two one after another; the returned function stops it and returns the statuses. */
export function sendOn(server: TestServer): () => Promise<readonly number[]> {
  const clients = new AbortController();
  const statuses = new Set<number>();
  const load = (async () => {
    while (!clients.signal.aborted) {
      statuses.add((await server.post("/models/half-plus-two/predict", { instances: [1] })).status);
    }
  })();
  return async () => {
    clients.abort();
    await load;
    return [...statuses];
  };
}
