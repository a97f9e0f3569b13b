import { type ParseArgsConfig, parseArgs } from "node:util";

/** An error that the person who runs the program can fix. The message is one line and is shown without a stack trace. */
export class UserError extends Error {
  override readonly name: string = "UserError";
}

/** The models volume, or something on it, cannot be read or written. */
export class RegistryError extends UserError {
  override readonly name = "RegistryError";
}

/** The version exists already: versions are never overwritten. */
export class VersionExistsError extends RegistryError {}

/** Cause and remedy of the common file system errors, by system error code. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full: free space or enlarge the volume",
  EDQUOT: "the disk quota is used up: free space or raise the quota",
  EROFS: "the file system is read-only: mount the volume writable",
  EACCES: "permission denied: let this user read and write the volume (fsGroup 1000 in the cluster)",
  EPERM: "operation not permitted: let this user read and write the volume (fsGroup 1000 in the cluster)",
  ENOTDIR: "a part of the path is a file, not a directory",
  EISDIR: "it is a directory, not a file",
  ENOENT: "it is not there, or a directory above it is not",
  EIO: "the disk reported a read or write error: check the volume",
};

/** The message of anything that was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system error code of `error`; undefined if it has none. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Turns a file system error into a `RegistryError` of one line, `<doing> <place>: <remedy>`; returns other errors unchanged. */
export function describeFault(doing: string, place: string, error: unknown): unknown {
  if (error instanceof RegistryError) return error;
  const code = errorCode(error);
  if (code === undefined) return error;
  return new RegistryError(`${doing} ${place}: ${REMEDIES[code] ?? code}`, { cause: error });
}

/**
 * The options and arguments that a program was started with.
 *
 * @throws UserError of one line if an option is unknown or lacks its value
 */
export function readArguments<const T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UserError(`${(error as Error).message.split(". ")[0]}; see --help`);
  }
}

/** Runs a program. What its user can fix ends it with one line and exit code 1, anything else with a stack trace. */
export async function runProgram(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}
