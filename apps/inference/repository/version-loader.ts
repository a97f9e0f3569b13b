import { isDeepStrictEqual } from "node:util";
import { errorMessage } from "../../registry/errors.ts";
import type { ModelMetadata } from "../../registry/metadata.ts";
import { describeVersion } from "../../registry/read.ts";
import { versionStamp } from "./published.ts";
import type { VersionId } from "./selection.ts";
import { type OpenDeps, openVersion, type ServedModel } from "./served-model.ts";

/** A version that could not be loaded. */
export interface LoadFailure {
  readonly name: string;
  readonly version: string;
  readonly reason: string;
  /** Sizes and times of its files when it was tried; empty if there were none. */
  readonly stamp: string;
}

/** What a version was opened from. */
interface Origin {
  readonly metadata: ModelMetadata;
  readonly stamp: string;
}

/** Opens versions. Remembers which failed, and from which files the others were opened. */
export class VersionLoader {
  readonly #deps: OpenDeps;
  readonly #failures = new Map<string, LoadFailure>();
  readonly #origins = new WeakMap<ServedModel, Origin>();

  constructor(deps: OpenDeps) {
    this.#deps = deps;
  }

  /** The versions that could not be loaded, and why. */
  failures(): readonly LoadFailure[] {
    return [...this.#failures.values()];
  }

  failureOf(one: VersionId): LoadFailure | undefined {
    return this.#failures.get(keyOf(one));
  }

  /** Forgets the failures of all versions but these. */
  forgetFailuresExcept(wanted: readonly VersionId[]): void {
    const keys = new Set(wanted.map(keyOf));
    for (const key of this.#failures.keys()) {
      if (!keys.has(key)) {
        this.#failures.delete(key);
      }
    }
  }

  forgetFailureOf(one: VersionId): void {
    this.#failures.delete(keyOf(one));
  }

  /**
   * Opens a version as it is published now.
   *
   * @param current The same version as it is served now; undefined if it is not.
   * @param isRequested Whether to open it unless the very same files are served already. Otherwise `current` also stays if its
   *   metadata is unchanged, and a version that failed is tried again only once its files have changed.
   * @returns What is to be served: `current` if that is what is published; undefined if it could not be loaded.
   */
  async load(one: VersionId, current: ServedModel | undefined, isRequested: boolean): Promise<ServedModel | undefined> {
    const { name, version } = one;
    const { modelDirectory } = this.#deps.settings;
    const origin = current && this.#origins.get(current);
    const stamp = await versionStamp(modelDirectory, name, version);
    if (stamp !== "" && stamp === origin?.stamp) {
      this.#failures.delete(keyOf(one));
      return current;
    }
    if (stamp !== "" && stamp === this.failureOf(one)?.stamp && !isRequested) {
      return undefined;
    }
    try {
      const metadata = await describeVersion(modelDirectory, name, version);
      const isSame = current !== undefined && !isRequested && isDeepStrictEqual(metadata, origin?.metadata);
      const served = isSame ? current : await openVersion(name, version, this.#deps);
      this.#origins.set(served, { metadata, stamp });
      this.#failures.delete(keyOf(one));
      return served;
    } catch (error) {
      const reason = errorMessage(error);
      this.#failures.set(keyOf(one), { name, version, reason, stamp });
      return undefined;
    }
  }
}

function keyOf({ name, version }: VersionId): string {
  return `${name}/${version}`;
}
