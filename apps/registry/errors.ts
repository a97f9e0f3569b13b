/** A fault of the models volume or of what lies on it; the message is one line for the operator. */
export class RegistryError extends Error {
  override readonly name = "RegistryError";
}

/** The version is there already: versions are never overwritten. */
export class VersionExistsError extends RegistryError {}

/** What to do about the faults a volume has in practice, by system error code. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full: free space or enlarge the volume",
  EDQUOT: "the disk quota is used up: free space or raise the quota",
  EROFS: "the file system is read-only: mount the volume writable",
  EACCES: "permission denied: let this user read and write the volume (fsGroup 1000 in the cluster)",
  EPERM: "operation not permitted: let this user read and write the volume (fsGroup 1000 in the cluster)",
  ENOTDIR: "a part of the path is a file, not a directory",
  EISDIR: "it is a directory, not a file",
  ENOENT: "it is not there, or a directory above it is not",
  EIO: "the disk reports a read or write error: check the volume",
};

/** The system error code of `error`, or undefined where it has none. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Turns a failed file operation into one clear line `<doing> <place>: <remedy>`; other errors pass unchanged. */
export function describeFault(doing: string, place: string, error: unknown): unknown {
  if (error instanceof RegistryError) return error;
  const code = errorCode(error);
  if (code === undefined) return error;
  return new RegistryError(`${doing} ${place}: ${REMEDIES[code] ?? code}`, { cause: error });
}
