import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { freePort } from "../../../common/ports.ts";
import { waitFor } from "../../../common/wait.ts";
import { ensureTool } from "../../tools/index.ts";

/** The only user of a registry with passwords. */
export const USER = { name: "me", password: "pass" };
/** That user's line in the file of passwords; the hash is bcrypt's, at its lowest cost. */
const HTPASSWD = "me:$2b$04$zlNdbJr8UPPyCbcdjG91ne.fy27sX4okCGlnjPSNMdzmvXepsHagG\n";

/** A registry on loopback. */
export interface OciRegistry {
  readonly url: string;
  /** Host and port. */
  readonly host: string;
  /** Where it keeps the bytes of a blob. */
  blobFile(digest: string): string;
  close(): Promise<void>;
}

/** Who may use a registry: everybody, the user with the password, or who has a token. */
export type Access = "everybody" | "password" | TokenAccess;

/** @see https://distribution.github.io/distribution/spec/auth/token/ */
export interface TokenAccess {
  /** Where tokens are issued. */
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** The public key, as a JSON Web Key with an id. */
  readonly key: object;
}

/** Starts a registry that keeps its blobs in a temporary folder. */
export async function startRegistry(access: Access = "everybody"): Promise<OciRegistry> {
  const program = path.join(await ensureTool("distribution"), "registry");
  const folder = await mkdtemp(path.join(tmpdir(), "registry-"));
  const [port, debugPort] = [await freePort(), await freePort()];
  const config = path.join(folder, "config.yml");
  const content = {
    version: "0.1",
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: path.join(folder, "blobs") } },
    http: { addr: `127.0.0.1:${port}`, debug: { addr: `127.0.0.1:${debugPort}` }, secret: "of a test" },
    ...(await authentication(access, folder)),
  };
  // Every JSON document is YAML.
  await writeFile(config, JSON.stringify(content));
  const server = execa(program, ["serve", config], { reject: false, all: true, env: { OTEL_TRACES_EXPORTER: "none" } });
  const close = async () => {
    server.kill();
    await server;
    await rm(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  const isUp = await waitFor(async () => (await fetch(url).catch(() => undefined))?.ok || undefined, {
    interval: 50,
    timeout: 60_000,
  });
  if (isUp === undefined) {
    await close();
    throw new Error(`the registry does not answer: ${(await server).all}`);
  }
  return {
    ...{ url, host: `127.0.0.1:${port}`, close },
    blobFile(digest) {
      const hex = digest.replace(/^sha256:/, "");
      return path.join(folder, "blobs/docker/registry/v2/blobs/sha256", hex.slice(0, 2), hex, "data");
    },
  };
}

async function authentication(access: Access, folder: string): Promise<object> {
  if (access === "everybody") return {};
  if (access === "password") {
    const file = path.join(folder, "htpasswd");
    await writeFile(file, HTPASSWD);
    return { auth: { htpasswd: { realm: "tests", path: file } } };
  }
  const { key, ...rest } = access;
  const file = path.join(folder, "keys.json");
  await writeFile(file, JSON.stringify({ keys: [key] }));
  return { auth: { token: { ...rest, jwks: file } } };
}
