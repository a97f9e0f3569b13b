import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The checkout of this program: the build context of the images, and the folder of the stack files. */
export const repositoryRoot = resolve(import.meta.dirname, "..");

/** Folder of built tools and base images: `$ML_PLATFORM_CACHE`, else `$XDG_CACHE_HOME/ml-platform`, else `~/.cache/ml-platform`. */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return resolve(
    environment.ML_PLATFORM_CACHE || join(environment.XDG_CACHE_HOME || join(homedir(), ".cache"), "ml-platform"),
  );
}

/** Folder of the embedded cluster: `$ML_PLATFORM_STATE`, else `$XDG_STATE_HOME/ml-platform`, else `~/.local/state/ml-platform`. */
export function stateDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return resolve(
    environment.ML_PLATFORM_STATE ||
      join(environment.XDG_STATE_HOME || join(homedir(), ".local", "state"), "ml-platform"),
  );
}

/**
 * Folder of the deployments to a cluster: the state of the Pulumi CLI, with generated secrets. That of the embedded cluster is
 * deleted with its data; that of another cluster, identified by its context, is not.
 */
export function deployDirectory(context?: string): string {
  if (context === undefined) return join(stateDirectory(), "deploy");
  return join(`${stateDirectory()}-contexts`, encodeURIComponent(context));
}
