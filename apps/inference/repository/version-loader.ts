import { isDeepStrictEqual } from "node:util";
import { errorMessage } from "../../registry/errors.ts";
import {
  CONFIG_FILE,
  METADATA_FILE,
  SOURCE_RECORD_FILE,
  TOKENIZER_CONFIG_FILE,
  TOKENIZER_FILE,
  versionDirectory,
} from "../../registry/layout.ts";
import type { ModelMetadata } from "../../registry/metadata.ts";
import { describeVersion } from "../../registry/read.ts";
import type { VersionId } from "./selection.ts";
import { type OpenDeps, openVersion, type ServedModel } from "./served-model.ts";
import { type FileStamp, lastChange, stampOf, versionFiles } from "./version-files.ts";

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
  readonly files: readonly FileStamp[];
}

/** What a `VersionLoader` needs. */
export interface VersionLoaderDeps extends OpenDeps {
  /** How long the files of a version without metadata have to stay as they are, in milliseconds. @default 2000 */
  readonly settleMs?: number;
}

/** Files that metadata does not list. */
const TEXT_FILES = [TOKENIZER_FILE, TOKENIZER_CONFIG_FILE, CONFIG_FILE];

/** Opens versions. Remembers which failed, and from which files the others were opened. */
export class VersionLoader {
  readonly #deps: VersionLoaderDeps;
  readonly #failures = new Map<string, LoadFailure>();
  readonly #origins = new WeakMap<ServedModel, Origin>();

  constructor(deps: VersionLoaderDeps) {
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

  /** Whether a version was opened without metadata. */
  isBare(served: ServedModel): boolean {
    const files = this.#origins.get(served)?.files;
    return files !== undefined && !has(files, METADATA_FILE);
  }

  /**
   * Opens a version as it is published now. One without metadata is opened once its files have been as they are for a while:
   * its metadata or its weights may be about to arrive.
   *
   * @param current The same version as it is served now; undefined if it is not.
   * @param isRequested Whether to open it unless the very same files are served already. Otherwise `current` also stays if its
   *   metadata and its tokenizer are unchanged, and a version that failed is tried again only once its files have changed.
   * @returns What is to be served: `current` if that is what is published; undefined if it could not be loaded.
   */
  async load(one: VersionId, current: ServedModel | undefined, isRequested: boolean): Promise<ServedModel | undefined> {
    const { name, version } = one;
    const { modelDirectory } = this.#deps.settings;
    const origin = current && this.#origins.get(current);
    const files = await versionFiles(modelDirectory, name, version);
    const stamp = stampOf(files);
    if (stamp !== "" && origin !== undefined && stamp === stampOf(origin.files)) {
      this.#failures.delete(keyOf(one));
      return current;
    }
    if (stamp !== "" && stamp === this.failureOf(one)?.stamp && !isRequested) {
      return undefined;
    }
    if (!isRequested && this.#mayGrow(files)) {
      // Without a stamp, so that it is tried again although nothing changes.
      this.#failures.set(keyOf(one), { name, version, reason: this.#growing(one), stamp: "" });
      return undefined;
    }
    try {
      const metadata = await describeVersion(modelDirectory, name, version);
      const isSame =
        current !== undefined &&
        !isRequested &&
        isDeepStrictEqual(metadata, origin?.metadata) &&
        stampOf(unlisted(files)) === stampOf(unlisted(origin?.files ?? []));
      const served = isSame ? current : await openVersion(name, version, this.#deps);
      this.#origins.set(served, { metadata, files });
      this.#failures.delete(keyOf(one));
      return served;
    } catch (error) {
      const reason = errorMessage(error);
      this.#failures.set(keyOf(one), { name, version, reason, stamp });
      return undefined;
    }
  }

  /** Whether a version without metadata has files that were just written. Clocks that differ widely are ignored. */
  #mayGrow(files: readonly FileStamp[]): boolean {
    const { settleMs = 2000 } = this.#deps;
    if (files.length === 0 || has(files, METADATA_FILE) || has(files, SOURCE_RECORD_FILE)) {
      return false;
    }
    return Math.abs(Date.now() - lastChange(files)) < settleMs;
  }

  #growing({ name, version }: VersionId): string {
    const { settings, settleMs = 2000 } = this.#deps;
    const directory = versionDirectory(settings.modelDirectory, name, version);
    return `${directory} has no ${METADATA_FILE} and is being written: waiting until its files stay as they are for ${settleMs / 1000} s`;
  }
}

function has(files: readonly FileStamp[], name: string): boolean {
  return files.some((file) => file.name === name);
}

/** The files for which metadata does not vouch: those of the tokenizer, or all if there is no metadata. */
function unlisted(files: readonly FileStamp[]): readonly FileStamp[] {
  return has(files, METADATA_FILE) ? files.filter(({ name }) => TEXT_FILES.includes(name)) : files;
}

function keyOf({ name, version }: VersionId): string {
  return `${name}/${version}`;
}
