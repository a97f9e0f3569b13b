import { SourceError } from "./errors.ts";

/** Where a model comes from. */
export type Source =
  | {
      readonly kind: "http";
      /** Of a file; of a folder if it ends in `/`. */
      readonly url: URL;
    }
  | {
      readonly kind: "s3";
      readonly bucket: string;
      /** Key of an object; a prefix if it is empty or ends in `/`. */
      readonly key: string;
      /** Google Cloud Storage by its interoperability with S3. */
      readonly isGoogle: boolean;
    }
  | {
      readonly kind: "hf";
      /** `owner/name` */
      readonly repository: string;
      /** Branch, tag or commit. */
      readonly revision: string;
      /** File or folder in the repository; empty for all of it. */
      readonly path: string;
    }
  | {
      readonly kind: "oci";
      /** Host and port. */
      readonly registry: string;
      readonly repository: string;
      /** Tag, or digest with its algorithm. */
      readonly reference: string;
      /** Whether the registry is reached without TLS. */
      readonly plain: boolean;
    };

const FORMS =
  "s3://BUCKET/KEY, gs://BUCKET/KEY, https://HOST/PATH, hf://OWNER/NAME@REVISION or oci://REGISTRY/NAME@sha256:DIGEST";

/**
 * Reads the URL of a source. A key that ends in `/` stands for everything below it.
 *
 * @throws SourceError if it has none of the known forms, or has credentials in it
 */
export function parseSource(text: string): Source {
  const [, scheme, rest] = /^([a-z0-9+]+):\/\/(\S+)$/.exec(text) ?? [];
  const parse = PARSERS[scheme ?? ""];
  const source = rest === undefined ? undefined : parse?.(rest, text);
  if (source === undefined) {
    throw new SourceError(`${text} is not a source: write ${FORMS}`);
  }
  return source;
}

const PARSERS: Readonly<Record<string, (rest: string, text: string) => Source | undefined>> = {
  http: (_, text) => parseHttp(text),
  https: (_, text) => parseHttp(text),
  s3: (rest) => parseBucket(rest, false),
  gs: (rest) => parseBucket(rest, true),
  hf: parseHub,
  oci: (rest) => parseOci(rest, false),
  "oci+http": (rest) => parseOci(rest, true),
};

function parseHttp(text: string): Source | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    // Not the text itself: messages end up in logs.
    throw new SourceError(
      `${url.protocol}//${url.host}${url.pathname} has credentials in its URL, where everybody can read them: put them ` +
        "into a Secret as SOURCE_USERNAME and SOURCE_PASSWORD",
    );
  }
  return { kind: "http", url };
}

function parseBucket(rest: string, isGoogle: boolean): Source | undefined {
  const [, bucket, key = ""] = /^([a-z0-9][a-z0-9._-]{1,221}[a-z0-9])(?:\/(.*))?$/.exec(rest) ?? [];
  return bucket === undefined ? undefined : { kind: "s3", bucket, key, isGoogle };
}

function parseHub(rest: string): Source | undefined {
  const [, repository, revision, path = ""] = /^([\w.-]+\/[\w.-]+)(?:@([\w.-]+))?(?:\/(.+?))?\/?$/.exec(rest) ?? [];
  return repository === undefined ? undefined : { kind: "hf", repository, revision: revision ?? "main", path };
}

function parseOci(rest: string, plain: boolean): Source | undefined {
  const [, host, repository, tag, digest] =
    /^([\w.-]+(?::\d+)?)\/([a-z0-9._/-]+?)(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(rest) ?? [];
  if (host === undefined || repository === undefined) return undefined;
  const registry = host === "docker.io" ? "registry-1.docker.io" : host;
  return { kind: "oci", registry, repository, reference: digest ?? tag ?? "latest", plain: plain || isLoopback(host) };
}

/** As container engines do: registries on this machine have no certificates. */
function isLoopback(host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+)(:\d+)?$/.test(host);
}

/** Whether the URL names its content for ever: a commit of a repository, or the digest of an image. */
export function isImmutable(source: Source): boolean {
  if (source.kind === "hf") return /^[0-9a-f]{40}$/.test(source.revision);
  return source.kind === "oci" && source.reference.startsWith("sha256:");
}
