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
