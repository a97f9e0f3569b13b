import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { makeDirectory, replaceDurably, syncDirectory } from "../registry/durable.ts";
import { describeFault, errorCode, RegistryError, VersionExistsError } from "../registry/errors.ts";
import { METADATA_FILE, modelDirectory, SOURCE_RECORD_FILE, versionDirectory } from "../registry/layout.ts";
import { withLock } from "../registry/lock.ts";
import { ModelName, ModelVersion } from "../registry/metadata.ts";
import { nextVersion } from "../registry/publish.ts";
import { exists } from "../registry/read.ts";
import { updateIndex } from "../registry/update-index.ts";
import { unpack } from "./archive.ts";
import { arrange, filesBelow } from "./arrange.ts";
import { digestOf, type FetchedFile, totalDigest } from "./digest.ts";
import { type DownloadOptions, download, retry } from "./download.ts";
import { SourceError } from "./errors.ts";
import { CREDENTIALS, isWanted, listFiles } from "./list.ts";
import { readRecord, type SourceRecord } from "./record.ts";
import type { SourceContext } from "./remote-file.ts";
import { parseSource } from "./source.ts";

export interface FetchRequest {
  /** URL of the source: see {@link parseSource}. */
  readonly source: string;
  /** Root of the models folder. */
  readonly root: string;
  readonly model: string;
  /** A version number, or "next" for the number after the highest existing one. */
  readonly version: string;
  /** Digest that the source has to have: see {@link totalDigest}. @default any */
  readonly sha256?: string;
  /** Patterns of the wanted files. @default all */
  readonly files?: readonly string[];
  /** Credentials and endpoints. */
  readonly environment: NodeJS.ProcessEnv;
  /** Longest time without a byte, in milliseconds. @default 30 s */
  readonly stallMs?: number;
  /** Attempts in a row without a byte until the download fails. @default 5 */
  readonly attempts?: number;
  /** Wait after the first failed attempt, in milliseconds; it doubles with each. @default 1000 */
  readonly waitMs?: number;
  /** Takes a line for each thing that happens. */
  readonly log: (line: string) => void;
}

export interface FetchedVersion {
  readonly version: string;
  readonly record: SourceRecord;
  /** Whether it was there already. */
  readonly wasThere: boolean;
}

/** Another process may take this long to fetch the same version. */
const LOCK_TIMEOUT_MS = 24 * 3_600_000;

/**
 * Fetches the files of a source and publishes them as a version, which appears by one rename once everything is there and
 * verified. What a killed process has fetched is kept beside the versions and completed by the next one. A version that was
 * fetched from the same source is not fetched again; another one of this number is never overwritten.
 *
 * @throws SourceError if the source cannot be fetched or has another digest
 * @throws RegistryError if the folder cannot be written, or has another version of this number
 */
export async function fetchVersion(request: FetchRequest): Promise<FetchedVersion> {
  const { root } = request;
  const model = checked(ModelName, request.model, "the model");
  const directory = modelDirectory(root, model);
  try {
    await makeDirectory(directory);
    const version =
      request.version === "next"
        ? await nextVersion(root, model)
        : checked(ModelVersion, request.version, "the version");
    // Hidden, so that it is neither a version nor an abandoned temporary file.
    const stage = path.join(directory, `.fetch-${version}`);
    const work = () => fetchLocked(request, versionDirectory(root, model, version), stage, version);
    const { record, wasThere } = await withLock(`${stage}.lock`, work, { timeoutMs: LOCK_TIMEOUT_MS });
    if (await exists(path.join(versionDirectory(root, model, version), METADATA_FILE))) await updateIndex(root);
    return { version, record, wasThere };
  } catch (error) {
    throw describeFault("cannot write", directory, error);
  }
}

function checked(schema: typeof ModelName | typeof ModelVersion, value: string, what: string): string {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new RegistryError(`${what} ${JSON.stringify(value)} ${parsed.error.issues[0]?.message}`);
}

async function fetchLocked(request: FetchRequest, target: string, stage: string, version: string) {
  const { source: text, files: wanted, sha256, log } = request;
  const present = await presentRecord(request, target);
  if (present !== undefined) return { record: present, wasThere: true };
  const source = parseSource(text);
  const context: SourceContext = {
    text,
    environment: request.environment,
    stallMs: request.stallMs ?? 30_000,
    ...(wanted === undefined ? {} : { files: wanted }),
  };
  const content = await prepareStage(stage, { source: text, wanted, sha256 });
  const options: DownloadOptions = {
    credentials: CREDENTIALS[source.kind],
    attempts: request.attempts ?? 5,
    waitMs: request.waitMs ?? 1000,
    onProgress: (file, bytes, reason) => log(progressLine(file, bytes, reason)),
  };
  const remote = await retry(
    () => listFiles(source, context),
    options,
    (reason) => log(`${reason}: trying again`),
  );
  const archives: string[] = [];
  for (const file of remote) {
    const place = path.join(file.isArchive === true ? path.join(stage, "archives") : content, file.path);
    await download(file, place, context, options);
    if (file.isArchive === true) archives.push(place);
  }
  for (const archive of archives) await unpack(archive, content, text, (name) => isWanted(name, wanted));
  const unclear = await arrange(content);
  if (unclear !== undefined) log(`${text}: ${unclear}`);
  const files = await describeFiles(content);
  if (files.length === 0)
    throw new SourceError(`${text}: it has no file that is wanted: check the URL and the patterns`);
  const digest = totalDigest(files);
  if (sha256 !== undefined && digest !== sha256.toLowerCase()) {
    await rm(stage, { recursive: true, force: true });
    throw new SourceError(
      `${text}: its SHA-256 is ${digest}, not ${sha256}: it has changed under its name; restore it, or pin the new digest if the change is wanted`,
    );
  }
  await adoptMetadata(content, request.model, version);
  const record: SourceRecord = {
    source: text,
    ...(wanted === undefined ? {} : { wanted: [...wanted] }),
    digest,
    files,
    fetched: new Date().toISOString(),
  };
  await replaceDurably(path.join(content, SOURCE_RECORD_FILE), `${JSON.stringify(record, null, 2)}\n`);
  await rename(content, target);
  await syncDirectory(path.dirname(target));
  await rm(stage, { recursive: true, force: true });
  return { record, wasThere: false };
}

/** The record of the version if it is what is asked for; undefined if there is no such version. */
async function presentRecord(
  { source, sha256, model }: FetchRequest,
  target: string,
): Promise<SourceRecord | undefined> {
  if (!(await exists(target))) return undefined;
  const record = await readRecord(target);
  const isSame = sha256 === undefined ? record?.source === source : record?.digest === sha256.toLowerCase();
  if (record !== undefined && isSame) return record;
  const origin = record === undefined ? "" : `, fetched from ${record.source} with the SHA-256 ${record.digest}`;
  throw new VersionExistsError(
    `${model} version ${path.basename(target)} exists already (${target}${origin}) and is never overwritten: choose another version, or "next"`,
  );
}

/** The folder for the content; what is there is kept if it is a part of the same request. */
async function prepareStage(stage: string, request: object): Promise<string> {
  const file = path.join(stage, "request.json");
  const text = JSON.stringify(request);
  const before = await readFile(file, "utf8").catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  });
  if (before !== text) {
    await rm(stage, { recursive: true, force: true });
    await makeDirectory(stage);
    await writeFile(file, text);
  }
  const content = path.join(stage, "content");
  await makeDirectory(content);
  return content;
}

async function describeFiles(content: string): Promise<FetchedFile[]> {
  const files: FetchedFile[] = [];
  for (const name of await filesBelow(content)) {
    const file = path.join(content, name);
    files.push({ path: name, bytes: (await stat(file)).size, sha256: await digestOf(file, "sha256") });
  }
  return files;
}

/** A version of another registry keeps its metadata under its new name and number. */
async function adoptMetadata(content: string, name: string, version: string): Promise<void> {
  const file = path.join(content, METADATA_FILE);
  if (!(await exists(file))) return;
  let metadata: unknown;
  try {
    metadata = JSON.parse((await readFile(file, "utf8")).replace(/^\ufeff/, ""));
  } catch {
    // The server says what is wrong with it.
    return;
  }
  if (typeof metadata === "object" && metadata !== null && !Array.isArray(metadata)) {
    await replaceDurably(file, `${JSON.stringify({ ...metadata, name, version }, null, 2)}\n`);
  }
}

function progressLine(
  { path: name, bytes: total }: { readonly path: string; readonly bytes?: number },
  bytes: number,
  reason?: string,
): string {
  const mebibytes = (value: number) => `${Math.floor(value / 1024 ** 2)} MiB`;
  const soFar = `${name}: ${mebibytes(bytes)}${total === undefined ? "" : ` of ${mebibytes(total)}`}`;
  return reason === undefined ? soFar : `${soFar}; ${reason}: trying again`;
}
