import { z } from "zod";
import { SourceError } from "../errors.ts";
import { getText, send } from "../http.ts";
import type { SourceContext } from "../remote-file.ts";
import type { Source } from "../source.ts";
import { authorization } from "./http.ts";

type OciSource = Extract<Source, { kind: "oci" }>;

export const OCI_CREDENTIALS =
  "give SOURCE_USERNAME and SOURCE_PASSWORD, or DOCKER_AUTH_CONFIG (the content of a Docker configuration file), from a Secret";

/** Registries that do not say how long a token lasts mean a minute. https://distribution.github.io/distribution/spec/auth/token/ */
const DEFAULT_TOKEN_SECONDS = 60;

const Token = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().optional(),
});

const DockerConfig = z.object({
  auths: z.record(
    z.string(),
    z.object({ username: z.string().optional(), password: z.string().optional(), auth: z.string().optional() }),
  ),
});

/** Root of the registry's API. */
export function registryUrl({ registry, plain }: OciSource): string {
  return `${plain ? "http" : "https"}://${registry}`;
}

/** The headers that let requests read the repository: none, the password, or a token, which is renewed in time. */
export function registryAccess(source: OciSource, context: SourceContext): () => Promise<Record<string, string>> {
  const credentials = basicOf(source, context);
  let headers: Promise<Record<string, string>> | undefined;
  let expires = 0;
  return () => {
    if (headers === undefined || Date.now() > expires) {
      expires = Number.POSITIVE_INFINITY;
      headers = authorize().catch((error: unknown) => {
        headers = undefined;
        throw error;
      });
    }
    return headers;
  };

  async function authorize(): Promise<Record<string, string>> {
    const answer = await send({ url: new URL(`${registryUrl(source)}/v2/`) }, context, OCI_CREDENTIALS, [200, 401]);
    answer.close();
    const challenge = answer.headers.get("www-authenticate") ?? "";
    if (answer.status === 200 || !/^bearer /i.test(challenge)) return credentials;
    const parameter = (name: string) => new RegExp(`${name}="([^"]*)"`, "i").exec(challenge)?.[1];
    const realm = parameter("realm") ?? "";
    if (!URL.canParse(realm)) {
      throw new SourceError(`${context.text}: the registry asks for a token without saying where: check the URL`);
    }
    const url = new URL(realm);
    const service = parameter("service");
    if (service !== undefined) url.searchParams.set("service", service);
    url.searchParams.set("scope", `repository:${source.repository}:pull`);
    const { text } = await getText({ url, headers: credentials }, context, OCI_CREDENTIALS);
    const { token, access_token, expires_in } = Token.parse(JSON.parse(text));
    const seconds = Math.max(expires_in ?? 0, DEFAULT_TOKEN_SECONDS);
    // Renewed when most of its time is over, because the clocks of the two may differ.
    expires = Date.now() + seconds * 800;
    return { authorization: `Bearer ${token ?? access_token ?? ""}` };
  }
}

function basicOf({ registry }: OciSource, context: SourceContext): Record<string, string> {
  const { DOCKER_AUTH_CONFIG: text } = context.environment;
  if (!text) return authorization(context.environment);
  let config: z.infer<typeof DockerConfig>;
  try {
    config = DockerConfig.parse(JSON.parse(text));
  } catch {
    throw new SourceError(`${context.text}: DOCKER_AUTH_CONFIG is not a Docker configuration file: ${OCI_CREDENTIALS}`);
  }
  const names =
    registry === "registry-1.docker.io"
      ? ["https://index.docker.io/v1/", "docker.io"]
      : [registry, `https://${registry}`];
  const found = names.map((name) => config.auths[name]).find((one) => one !== undefined);
  if (found === undefined) return authorization(context.environment);
  const { username = "", password = "", auth = Buffer.from(`${username}:${password}`).toString("base64") } = found;
  return { authorization: `Basic ${auth}` };
}
