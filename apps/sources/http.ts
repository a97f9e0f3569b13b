import { errorCode, errorMessage } from "../registry/errors.ts";
import { SourceError, TransientError } from "./errors.ts";
import type { FileRequest, SourceContext } from "./remote-file.ts";

const MAX_REDIRECTS = 10;
/** Longest list of files or manifest that is read into memory. */
const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

/** An answer whose body is being read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Fails with a `TransientError` if no byte comes for `stallMs`, or if the connection breaks. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Closes the connection. */
  close(): void;
}

/** What credentials are looked for where, said when they are refused. */
export type CredentialHint = string;

/**
 * Sends a request and follows redirects. Credentials stay with the host that they are for.
 *
 * @throws TransientError if another attempt may succeed, SourceError if not
 */
export async function send(
  request: FileRequest,
  context: SourceContext,
  credentials: CredentialHint,
  accepted: readonly number[] = [200],
): Promise<Answer> {
  let { url } = request;
  const headers = new Headers(request.headers);
  // fetch would decompress the body, and its length would not be the announced one.
  headers.set("accept-encoding", "identity");
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const answer = await sendOnce(url, headers, context);
    const location = answer.headers.get("location");
    if (answer.status < 300 || answer.status > 399 || answer.status === 304 || location === null) {
      if (accepted.includes(answer.status)) return answer;
      throw await rejected(answer, url, context, credentials);
    }
    answer.close();
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (
      next === undefined ||
      !/^https?:$/.test(next.protocol) ||
      (url.protocol === "https:" && next.protocol !== "https:")
    ) {
      throw new SourceError(
        `${context.text}: ${url.host} redirects to ${location}, which is not followed: use that URL`,
      );
    }
    if (next.origin !== url.origin) {
      for (const name of ["authorization", "x-amz-security-token"]) headers.delete(name);
    }
    url = next;
  }
  throw new SourceError(`${context.text}: more than ${MAX_REDIRECTS} redirects: check the URL`);
}

async function sendOnce(url: URL, headers: Headers, context: SourceContext): Promise<Answer> {
  const abort = new AbortController();
  const silence = () =>
    abort.abort(new TransientError(`${context.text}: ${url.host} sent nothing for ${context.stallMs / 1000} s`));
  let timer = setTimeout(silence, context.stallMs);
  const response = await fetch(url, { headers, redirect: "manual", signal: abort.signal }).catch((error: unknown) => {
    clearTimeout(timer);
    throw broken(error, url, context);
  });
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of response.body ?? []) {
        clearTimeout(timer);
        yield chunk;
        // Not while the consumer writes: a slow disk is no silence.
        timer = setTimeout(silence, context.stallMs);
      }
    } catch (error) {
      throw broken(error, url, context);
    } finally {
      clearTimeout(timer);
    }
  }
  return {
    status: response.status,
    headers: response.headers,
    body: body(),
    close: () => {
      clearTimeout(timer);
      abort.abort();
    },
  };
}

/** The reason for an answer that is not the file. */
async function rejected(answer: Answer, url: URL, context: SourceContext, credentials: string): Promise<SourceError> {
  const { status, headers } = answer;
  const detail = await detailOf(answer);
  const said = `${context.text}: ${url.host} answers ${status}${detail === "" ? "" : ` (${detail})`}`;
  const region = headers.get("x-amz-bucket-region");
  if (status === 408 || status === 429 || status >= 500) return new TransientError(said);
  if (region !== null && (status === 301 || status === 400)) {
    return new SourceError(`${said}: the bucket is in the region ${region}: set AWS_REGION=${region}`);
  }
  if (status === 401 || status === 403) {
    return new SourceError(`${said}: the credentials are missing, wrong or lack the permission: ${credentials}`);
  }
  if (status === 404 || status === 410) return new SourceError(`${said}: there is no such thing: check the URL`);
  return new SourceError(`${said}: check the URL`);
}

/** The server's own reason: an error code of S3 or of a registry, in one line. */
async function detailOf(answer: Answer): Promise<string> {
  const text = await readText(answer, 64 * 1024).catch(() => "");
  const [, code] = /<Code>([^<]*)<\/Code>/.exec(text) ?? /"code"\s*:\s*"([^"]*)"/.exec(text) ?? [];
  const [, message] = /"(?:error|message)"\s*:\s*"([^"]*)"/.exec(text) ?? [];
  return (code ?? answer.headers.get("x-error-message") ?? message ?? "").replaceAll(/\s+/g, " ").slice(0, 200);
}

/** A document that is read as a whole: a list of files, a manifest. */
export async function getText(
  request: FileRequest,
  context: SourceContext,
  credentials: CredentialHint,
): Promise<{ readonly text: string; readonly headers: Headers }> {
  const answer = await send(request, context, credentials);
  return { text: await readText(answer, MAX_DOCUMENT_BYTES), headers: answer.headers };
}

async function readText(answer: Answer, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    bytes += chunk.length;
    if (bytes > limit) {
      answer.close();
      throw new SourceError(`the answer is longer than ${limit} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Reasons of a failed connection that another attempt does not change. */
const PERMANENT = /^(ERR_INVALID|CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER)/;

function broken(error: unknown, url: URL, { text }: SourceContext): SourceError {
  if (error instanceof SourceError) return error;
  // fetch wraps the reason.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = errorCode(cause) ?? "";
  const reason = errorMessage(cause).split("\n", 1)[0];
  if (PERMANENT.test(code)) {
    return new SourceError(
      `${text}: ${url.host} has no certificate that is trusted here (${code}): set NODE_EXTRA_CA_CERTS to the file of its authority`,
    );
  }
  if (code === "ENOTFOUND") {
    return new TransientError(`${text}: there is no host ${url.hostname}: check the name, and that DNS is reachable`);
  }
  return new TransientError(`${text}: the connection to ${url.host} failed (${code === "" ? reason : code})`);
}
