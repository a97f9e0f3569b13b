import { generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TokenAccess } from "./oci-registry.ts";

/** A server on loopback that issues a registry's tokens. */
export interface TokenServer {
  readonly access: TokenAccess;
  /** A token for a repository. */
  tokenFor(repository: string, actions: readonly string[]): string;
  close(): Promise<void>;
}

const SERVICE = "registry of a test";
const ISSUER = "issuer of a test";
const KEY_ID = "key of a test";

/**
 * Gives who has the password tokens for what `allowed` says, and others none.
 *
 * @param authorization The header `Authorization` of the user.
 * @param allowed Whether the user may pull from a repository; a token for another one allows nothing, as of real registries.
 */
export async function startTokenServer(
  authorization: string,
  allowed: (repository: string) => boolean,
): Promise<TokenServer> {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const tokenFor: TokenServer["tokenFor"] = (name, actions) => {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      ...{ iss: ISSUER, sub: "me", aud: SERVICE, exp: now + 300, nbf: now - 10, iat: now, jti: String(Math.random()) },
      access: actions.length === 0 ? [] : [{ type: "repository", name, actions }],
    };
    const signed = `${encode({ typ: "JWT", alg: "ES256", kid: KEY_ID })}.${encode(claims)}`;
    const signature = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" });
    return `${signed}.${signature.toString("base64url")}`;
  };
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? "/", "http://localhost");
    const [, repository = ""] = /^repository:(.*):pull$/.exec(searchParams.get("scope") ?? "") ?? [];
    if (request.headers.authorization !== authorization) {
      response.writeHead(401).end(JSON.stringify({ errors: [{ code: "UNAUTHORIZED" }] }));
      return;
    }
    response.end(JSON.stringify({ token: tokenFor(repository, allowed(repository) ? ["pull"] : []), expires_in: 300 }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    access: {
      ...{ realm: `http://127.0.0.1:${port}/token`, service: SERVICE, issuer: ISSUER },
      key: { ...publicKey.export({ format: "jwk" }), kid: KEY_ID, use: "sig", alg: "ES256" },
    },
    tokenFor,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
