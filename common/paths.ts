import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The checkout this program runs from: build context of the images, home of the settings. */
export const repositoryRoot = resolve(import.meta.dirname, "..");

/** Where built tools and base images are kept: `$ML_PLATFORM_CACHE`, else `$XDG_CACHE_HOME/ml-platform`, else `~/.cache/ml-platform`. */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return resolve(
    environment.ML_PLATFORM_CACHE || join(environment.XDG_CACHE_HOME || join(homedir(), ".cache"), "ml-platform"),
  );
}

/** Where the cluster lives: `$ML_PLATFORM_STATE`, else `$XDG_STATE_HOME/ml-platform`, else `~/.local/state/ml-platform`. */
export function stateDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return resolve(
    environment.ML_PLATFORM_STATE ||
      join(environment.XDG_STATE_HOME || join(homedir(), ".local", "state"), "ml-platform"),
  );
}

/**
 * Where is kept, from run to run, what was deployed to a cluster: generated secrets and the state of the Pulumi CLI.
 * That of the embedded cluster goes with its data; that of another one, named by its context, does not.
 */
export function deployDirectory(context?: string): string {
  if (context === undefined) return join(stateDirectory(), "deploy");
  return join(`${stateDirectory()}-contexts`, encodeURIComponent(context));
}
