import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeDirectory } from "../registry/durable.ts";
import { exists } from "../registry/read.ts";
import { digestOf } from "./digest.ts";
import { SourceError, TransientError } from "./errors.ts";
import { type Answer, type CredentialHint, send } from "./http.ts";
import type { RemoteFile, SourceContext } from "./remote-file.ts";

/** How a file is downloaded. */
export interface DownloadOptions {
  readonly credentials: CredentialHint;
  /** Attempts in a row that bring nothing until the download fails. */
  readonly attempts: number;
  /** Wait after the first failed attempt, in milliseconds; it doubles with each. */
  readonly waitMs: number;
  /** Called now and then with the number of bytes that are there, and with the reason of a failed attempt. */
  readonly onProgress: (file: RemoteFile, bytes: number, reason?: string) => void;
}

const MAX_WAIT_MS = 30_000;
const PROGRESS_MS = 10_000;
/** Written beside an unfinished file: what it is a part of. */
const STATE_SUFFIX = ".part.json";
const PART_SUFFIX = ".part";

/** What an unfinished file is a part of; a part is only completed by the same content. */
interface PartState {
  readonly url: string;
  /** `ETag` or `Last-Modified`. */
  readonly validator: string;
  /** Size of the whole file; undefined if the server has not said. */
  readonly total?: number;
}

/**
 * Downloads a file with a constant amount of memory. A broken or silent connection is taken up where it ended, as is a
 * process that was killed, if the server can send a part of the same content. The file appears under its name once its size and
 * digest are right; a file that is there already is not fetched again.
 *
 * @throws SourceError if the source refuses, has changed, or goes on failing
 */
export async function download(
  file: RemoteFile,
  target: string,
  context: SourceContext,
  options: DownloadOptions,
): Promise<void> {
  const part = `${target}${PART_SUFFIX}`;
  if (await exists(target)) {
    if ((await mismatch(file, target)) === undefined) return;
    // The source has changed since.
    await rm(target);
  }
  await makeDirectory(path.dirname(target));
  let before = await sizeOf(part);
  await retry(
    async () => {
      before = await sizeOf(part);
      await attempt(file, target, context, options);
      const wrong = await mismatch(file, part);
      if (wrong !== undefined) {
        await rm(part, { force: true });
        throw new SourceError(
          `${context.text}: ${file.path} ${wrong}: what the source lists and what it sends differ; try again, or check the source`,
        );
      }
    },
    options,
    async (reason) => options.onProgress(file, await sizeOf(part), reason),
    async () => (await sizeOf(part)) > before,
  );
  await rename(part, target);
  await rm(`${target}${STATE_SUFFIX}`, { force: true });
}

/**
 * Repeats what fails for a reason that may pass, with longer and longer waits.
 *
 * @param isProgress whether the failed attempt brought something; the count of attempts then begins anew
 * @throws SourceError if the attempts are used up, or at once for any other reason
 */
export async function retry<T>(
  work: () => Promise<T>,
  { attempts, waitMs }: Pick<DownloadOptions, "attempts" | "waitMs">,
  onFailure: (reason: string) => void | Promise<void>,
  isProgress: () => Promise<boolean> = async () => false,
): Promise<T> {
  let failures = 0;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      failures = (await isProgress()) ? 1 : failures + 1;
      if (failures >= attempts) {
        throw new SourceError(
          `${error.message}; gave up after ${attempts} attempts: check that the source can be reached`,
        );
      }
      await onFailure(error.message);
      await sleep(Math.min(MAX_WAIT_MS, waitMs * 2 ** (failures - 1)));
    }
  }
}

/** One request for what is missing. */
async function attempt(
  file: RemoteFile,
  target: string,
  context: SourceContext,
  { credentials, onProgress }: DownloadOptions,
): Promise<void> {
  const part = `${target}${PART_SUFFIX}`;
  const request = await file.request();
  const url = `${request.url.origin}${request.url.pathname}`;
  const state = await readState(`${target}${STATE_SUFFIX}`);
  const present = await sizeOf(part);
  const from = present > 0 && state?.url === url ? present : 0;
  if (from > 0 && from === (file.bytes ?? state?.total)) return;
  const conditions: Record<string, string> =
    from > 0 && state !== undefined ? { range: `bytes=${from}-`, "if-range": state.validator } : {};
  const answer = await send(
    { url: request.url, headers: { ...request.headers, ...conditions } },
    context,
    credentials,
    [200, 206, 416],
  );
  if (answer.status === 416) {
    answer.close();
    // What is there is not the beginning of what the server has now.
    await rm(part, { force: true });
    throw new TransientError(`${context.text}: ${file.path} has become shorter while it was fetched`);
  }
  const start = answer.status === 206 ? from : 0;
  const validator = validatorOf(answer.headers);
  if (start > 0 && validator !== state?.validator) {
    // Some servers ignore If-Range.
    answer.close();
    await rm(part, { force: true });
    throw new TransientError(`${context.text}: ${file.path} has changed while it was fetched`);
  }
  const total = totalOf(answer, start, file, context);
  if (validator === undefined) await rm(`${target}${STATE_SUFFIX}`, { force: true });
  else await writeFile(`${target}${STATE_SUFFIX}`, JSON.stringify({ url, validator, total } satisfies PartState));
  const handle = await open(part, start > 0 ? "r+" : "w", 0o644);
  try {
    const written = await writeBody(answer, handle, start, (bytes) => onProgress(file, bytes));
    await handle.truncate(written);
    await handle.sync();
    if (total !== undefined && written < total) {
      throw new TransientError(`${context.text}: ${file.path} ended after ${written} of ${total} bytes`);
    }
  } finally {
    answer.close();
    await handle.close();
  }
}

async function writeBody(
  answer: Answer,
  handle: FileHandle,
  start: number,
  onProgress: (bytes: number) => void,
): Promise<number> {
  let at = start;
  let reported = Date.now();
  for await (const chunk of answer.body) {
    for (let done = 0; done < chunk.length; ) {
      const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, at);
      done += bytesWritten;
      at += bytesWritten;
    }
    if (Date.now() - reported > PROGRESS_MS) {
      reported = Date.now();
      onProgress(at);
    }
  }
  return at;
}

/** The size of the whole file, by the answer's headers. */
function totalOf(
  { status, headers }: Answer,
  start: number,
  file: RemoteFile,
  context: SourceContext,
): number | undefined {
  const length = headers.get("content-length");
  let total = length === null ? undefined : start + Number(length);
  if (status === 206) {
    const [, first, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "") ?? [];
    if (first !== String(start)) {
      throw new SourceError(
        `${context.text}: asked for ${file.path} from byte ${start}, the server sent it from ${first ?? "an unknown one"}: remove the unfinished download, or use another server`,
      );
    }
    if (size !== undefined && size !== "*") total = Number(size);
  }
  if (file.bytes !== undefined && total !== undefined && total !== file.bytes) {
    throw new TransientError(
      `${context.text}: ${file.path} has ${total} bytes, not the ${file.bytes} that the source lists`,
    );
  }
  return file.bytes ?? total;
}

/** A weak `ETag` does not promise the same bytes. */
function validatorOf(headers: Headers): string | undefined {
  const tag = headers.get("etag");
  if (tag !== null && !tag.startsWith("W/")) return tag;
  return headers.get("last-modified") ?? undefined;
}

async function readState(file: string): Promise<PartState | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as PartState;
  } catch {
    // Without it, the file is fetched from its beginning.
    return undefined;
  }
}

/** What is wrong with a complete file; undefined if it is what the source lists. */
async function mismatch({ bytes, digest }: RemoteFile, file: string): Promise<string | undefined> {
  const size = await sizeOf(file);
  if (bytes !== undefined && size !== bytes) return `has ${size} bytes, not ${bytes}`;
  if (digest === undefined) return undefined;
  const found = await digestOf(file, digest.algorithm);
  return found === digest.value ? undefined : `has the digest ${found}, not ${digest.value}`;
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}
