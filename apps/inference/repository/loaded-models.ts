import type { ServedModel } from "./served-model.ts";

/** Index of the loaded versions by model and version. */
export class LoadedModels {
  /** By name, then by version, ascending. */
  readonly #versions = new Map<string, ReadonlyMap<string, ServedModel>>();
  readonly #newest = new Map<string, ServedModel>();
  #generation = 0;

  /** Increases with every change. */
  get generation(): number {
    return this.#generation;
  }

  /** Number of models. */
  get size(): number {
    return this.#newest.size;
  }

  /** A version of a model. @param version @default the newest that the promotion gate has not marked as a regression */
  find(name: string, version?: string): ServedModel | undefined {
    return version === undefined ? this.#newest.get(name) : this.#versions.get(name)?.get(version);
  }

  /** The only model; undefined if there are several, or none. */
  get only(): ServedModel | undefined {
    return this.#newest.size === 1 ? this.#newest.values().next().value : undefined;
  }

  /** The versions of a model, ascending. */
  versions(name: string): ServedModel[] {
    return [...(this.#versions.get(name)?.values() ?? [])];
  }

  /** The names of all models, ascending. */
  names(): string[] {
    return [...this.#versions.keys()].sort();
  }

  /** All versions of all models, ascending by name and version. */
  all(): ServedModel[] {
    return this.names().flatMap((name) => this.versions(name));
  }

  put(served: ServedModel): void {
    const { name, version } = served.model.metadata;
    const versions = [...(this.#versions.get(name) ?? []), [version, served] as const];
    this.#set(name, new Map(versions.sort(([a], [b]) => Number(a) - Number(b))));
  }

  /** Removes a version, so that no request finds it from now on. */
  remove({ model }: ServedModel): void {
    const left = new Map(this.#versions.get(model.metadata.name));
    left.delete(model.metadata.version);
    this.#set(model.metadata.name, left);
  }

  #set(name: string, versions: ReadonlyMap<string, ServedModel>): void {
    const all = [...versions.values()];
    const newest = all.findLast(({ model }) => model.metadata.regression === undefined) ?? all.at(-1);
    this.#generation += 1;
    if (newest === undefined) {
      this.#versions.delete(name);
      this.#newest.delete(name);
    } else {
      this.#versions.set(name, versions);
      this.#newest.set(name, newest);
    }
  }
}
