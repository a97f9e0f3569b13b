import { HttpError, unavailable } from "../http-error.ts";
import type { ModelRepository } from "../repository/model-repository.ts";

/**
 * Throws the error for a model that is not served: 503 if it may still be loaded, otherwise 404.
 *
 * @param name Model; undefined for a request that names none.
 */
export function throwNotServed(
  repository: ModelRepository,
  name: string | undefined,
  version: string | undefined,
): never {
  const known = name ?? repository.selection.single;
  const mayCome = known === undefined ? repository.names().length === 0 : isWanted(repository, known, version);
  if (!repository.ready && mayCome) {
    throw unavailable("not_ready", "the model is not loaded yet; try again shortly");
  }
  if (known === undefined) {
    const several = "several models are served here; name one: POST /models/{model}/predict";
    throw new HttpError(404, "not_found", repository.names().length === 0 ? "no model is loaded here" : several);
  }
  const what = version === undefined ? "" : ` version ${version}`;
  throw new HttpError(404, "not_found", `model ${known}${what} is not served here`);
}

/** Whether the settings ask for this version (or for any version) of the model. */
function isWanted(repository: ModelRepository, name: string, version: string | undefined): boolean {
  const { selection } = repository;
  if (version === undefined || !selection.includes(name)) {
    return selection.includes(name);
  }
  // Asks as if the version were published. If only the newest is wanted and one is served, the served one is the newest.
  const latest = repository.versions(name).at(-1)?.model.metadata.version ?? version;
  return selection.versionsOf({ models: [{ name, versions: [version], latest }] }, name).includes(version);
}
