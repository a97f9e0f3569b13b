import { AwsV4Signer } from "aws4fetch";
import { SourceError } from "../errors.ts";
import { getText } from "../http.ts";
import type { FileRequest, RemoteFile, SourceContext } from "../remote-file.ts";
import type { Source } from "../source.ts";

type S3Source = Extract<Source, { kind: "s3" }>;

export const S3_CREDENTIALS =
  "give AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN of temporary ones) from a Secret";

const GOOGLE = "https://storage.googleapis.com";

/**
 * An object, or every object below a prefix.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 * @throws SourceError if there is none
 */
export async function listS3(source: S3Source, context: SourceContext): Promise<RemoteFile[]> {
  const { key } = source;
  const remote = (object: string, path: string, bytes?: number): RemoteFile => ({
    path,
    ...(bytes === undefined ? {} : { bytes }),
    request: () => sign(objectUrl(source, context, object), context),
  });
  if (key !== "" && !key.endsWith("/")) return [remote(key, key.split("/").at(-1) ?? key)];
  const objects = await listObjects(source, context);
  // Some tools write an empty object for a folder.
  const files = objects.filter((object) => !object.key.endsWith("/"));
  if (files.length === 0) {
    throw new SourceError(`${context.text}: there is no object below this prefix: check the URL`);
  }
  return files.map((object) => remote(object.key, object.key.slice(key.length), object.bytes));
}

interface S3Object {
  readonly key: string;
  readonly bytes: number;
}

async function listObjects(source: S3Source, context: SourceContext): Promise<S3Object[]> {
  const objects: S3Object[] = [];
  let token: string | undefined;
  do {
    const url = objectUrl(source, context, "");
    // Keys may have characters that XML has not.
    url.searchParams.set("encoding-type", "url");
    url.searchParams.set("list-type", "2");
    url.searchParams.set("prefix", source.key);
    if (token !== undefined) url.searchParams.set("continuation-token", token);
    const { text } = await getText(await sign(url, context), context, S3_CREDENTIALS);
    const isEncoded = field(text, "EncodingType") === "url";
    for (const [, content = ""] of text.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
      const key = field(content, "Key") ?? "";
      // As in forms, blanks are written as "+".
      objects.push({
        key: isEncoded ? decodeURIComponent(key.replaceAll("+", " ")) : key,
        bytes: Number(field(content, "Size")),
      });
    }
    const next = field(text, "NextContinuationToken");
    token = field(text, "IsTruncated") === "true" && next !== token ? next : undefined;
  } while (token !== undefined);
  return objects;
}

function field(xml: string, name: string): string | undefined {
  const [, value] = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml) ?? [];
  return value?.replace(
    /&(amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);/g,
    (entity, name: string) => ENTITIES[name] ?? numbered(entity),
  );
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function numbered(entity: string): string {
  const digits = entity.slice(2, -1);
  return String.fromCodePoint(Number(digits.startsWith("x") ? `0${digits}` : digits));
}

/** The URL of an object; of the bucket for an empty key. */
function objectUrl({ bucket, isGoogle }: S3Source, context: SourceContext, key: string): URL {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = context.environment;
  const endpoint = AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL || (isGoogle ? GOOGLE : undefined);
  if (endpoint !== undefined && !/^https?:\/\/[^/]/.test(endpoint)) {
    throw new SourceError(`${context.text}: the endpoint ${endpoint} is not a URL: write it as https://HOST:PORT`);
  }
  const path = key.split("/").map(encodeKey).join("/");
  if (endpoint !== undefined) return new URL(`${endpoint.replace(/\/+$/, "")}/${bucket}/${path}`);
  const host = `s3.${regionOf(context)}.amazonaws.com`;
  // The certificate of AWS does not cover names with dots below it.
  return new URL(bucket.includes(".") ? `https://${host}/${bucket}/${path}` : `https://${bucket}.${host}/${path}`);
}

/** As signatures need it: everything but letters, digits and `-._~`. */
function encodeKey(segment: string): string {
  return encodeURIComponent(segment).replaceAll(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function regionOf({ environment: { AWS_REGION, AWS_DEFAULT_REGION } }: SourceContext): string {
  return AWS_REGION || AWS_DEFAULT_REGION || "us-east-1";
}

/** A signed request; one without a signature, for public objects, if there are no credentials. */
async function sign(url: URL, context: SourceContext): Promise<FileRequest> {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = context.environment;
  if (!AWS_ACCESS_KEY_ID && !AWS_SECRET_ACCESS_KEY) return { url };
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    throw new SourceError(`${context.text}: one of the two keys is missing: ${S3_CREDENTIALS}`);
  }
  const signed = await new AwsV4Signer({
    method: "GET",
    url: url.href,
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
    service: "s3",
    region: regionOf(context),
  }).sign();
  return { url: new URL(signed.url), headers: Object.fromEntries(signed.headers) };
}
