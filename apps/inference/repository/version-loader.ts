import { isDeepStrictEqual } from "node:util";
import type { ModelMetadata } from "../../registry/metadata.ts";
import { readMetadata } from "../../registry/read.ts";
import { versionStamp } from "./published.ts";
import type { Wanted } from "./selection.ts";
import { type OpenDeps, openVersion, type ServedModel } from "./served-model.ts";

/** A version that was tried and cannot be served. */
export interface Fault {
  readonly name: string;
  readonly version: string;
  readonly reason: string;
  /** Sizes and times of its files when it was tried; empty where there were none. */
  readonly stamp: string;
}

/** What a version was opened from. */
interface Origin {
  readonly metadata: ModelMetadata;
  readonly stamp: string;
}

/** Opens versions, and remembers what was tried in vain and what the others were opened from. */
export class VersionLoader {
  readonly #deps: OpenDeps;
  readonly #faults = new Map<string, Fault>();
  readonly #origins = new WeakMap<ServedModel, Origin>();

  constructor(deps: OpenDeps) {
    this.#deps = deps;
  }

  /** What was tried in vain, and why. */
  faults(): readonly Fault[] {
    return [...this.#faults.values()];
  }

  faultOf(one: Wanted): Fault | undefined {
    return this.#faults.get(keyOf(one));
  }

  /** Forgets what is wrong with all versions but these. */
  forgetFaultsBut(wanted: readonly Wanted[]): void {
    const keys = new Set(wanted.map(keyOf));
    for (const key of this.#faults.keys()) {
      if (!keys.has(key)) {
        this.#faults.delete(key);
      }
    }
  }

  forgetFaultOf(one: Wanted): void {
    this.#faults.delete(keyOf(one));
  }

  /**
   * Opens a version as it is published now.
   *
   * @param current The same version as it is served; undefined where it is not.
   * @param isAsked Whether somebody asks for it: then nothing counts but that its files are the same. Otherwise `current`
   *   stays as long as its metadata say the same, and what was tried in vain is tried again once its files have changed.
   * @returns What is to be served: `current` where that is what is published; undefined where there is a fault.
   */
  async load(one: Wanted, current: ServedModel | undefined, isAsked: boolean): Promise<ServedModel | undefined> {
    const { name, version } = one;
    const { modelDirectory } = this.#deps.settings;
    const origin = current && this.#origins.get(current);
    const stamp = await versionStamp(modelDirectory, name, version);
    if (stamp !== "" && stamp === origin?.stamp) {
      this.#faults.delete(keyOf(one));
      return current;
    }
    if (stamp !== "" && stamp === this.faultOf(one)?.stamp && !isAsked) {
      return undefined;
    }
    try {
      const metadata = await readMetadata(modelDirectory, name, version);
      const isSame = current !== undefined && !isAsked && isDeepStrictEqual(metadata, origin?.metadata);
      const served = isSame ? current : await openVersion(name, version, this.#deps);
      this.#origins.set(served, { metadata, stamp });
      this.#faults.delete(keyOf(one));
      return served;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#faults.set(keyOf(one), { name, version, reason, stamp });
      return undefined;
    }
  }
}

function keyOf({ name, version }: Wanted): string {
  return `${name}/${version}`;
}
