import path from "node:path";
import { SourceError } from "./errors.ts";
import { HTTP_CREDENTIALS, listHttp } from "./places/http.ts";
import { HUB_CREDENTIALS, listHub } from "./places/hub.ts";
import { listOci } from "./places/oci.ts";
import { OCI_CREDENTIALS } from "./places/oci-access.ts";
import { listS3, S3_CREDENTIALS } from "./places/s3.ts";
import type { RemoteFile, SourceContext } from "./remote-file.ts";
import type { Source } from "./source.ts";

/** Where the credentials of each kind of source are looked for. */
export const CREDENTIALS: Readonly<Record<Source["kind"], string>> = {
  http: HTTP_CREDENTIALS,
  s3: S3_CREDENTIALS,
  hf: HUB_CREDENTIALS,
  oci: OCI_CREDENTIALS,
};

/**
 * The files of a source that match the wanted patterns.
 *
 * @throws SourceError if there is none, or if a path leads out of the folder
 */
export async function listFiles(source: Source, context: SourceContext): Promise<RemoteFile[]> {
  const all = await listAll(source, context);
  const files = all.filter((file) => file.isArchive === true || isWanted(file.path, context.files));
  if (files.length === 0) {
    const some = all.slice(0, 5).map((file) => file.path);
    throw new SourceError(
      `${context.text}: no file matches ${context.files?.join(", ")}; there is ${some.join(", ")}${all.length > some.length ? ", …" : ""}`,
    );
  }
  const seen = new Set<string>();
  for (const { path: file } of files) {
    const normal = path.posix.normalize(file);
    if (normal !== file || file === "" || file === "." || path.posix.isAbsolute(file) || normal.startsWith("..")) {
      throw new SourceError(`${context.text}: it has a file "${file}", which is no path below a folder`);
    }
    if (seen.has(file)) throw new SourceError(`${context.text}: it has two files "${file}"`);
    seen.add(file);
  }
  return files;
}

function listAll(source: Source, context: SourceContext): RemoteFile[] | Promise<RemoteFile[]> {
  switch (source.kind) {
    case "http":
      return listHttp(source, context);
    case "s3":
      return listS3(source, context);
    case "hf":
      return listHub(source, context);
    case "oci":
      return listOci(source, context);
  }
}

/** Whether a path matches one of the patterns; one without `/` matches names in every folder. */
export function isWanted(file: string, patterns: readonly string[] = []): boolean {
  return (
    patterns.length === 0 ||
    patterns.some((pattern) => path.matchesGlob(pattern.includes("/") ? file : path.posix.basename(file), pattern))
  );
}
