import type { RegistryIndex } from "../../registry/metadata.ts";

/** One version of one model. */
export interface VersionId {
  readonly name: string;
  readonly version: string;
}

/** The wanted versions, and those that the index lacks. */
export interface Selected {
  readonly wanted: readonly VersionId[];
  /** One line for each model that is wanted and not published. */
  readonly missing: readonly string[];
}

/** The models and versions that `MODEL_NAME` and `MODEL_VERSION` ask for. */
export class Selection {
  /** The names of the wanted models; undefined for every model of the registry. */
  readonly names: readonly string[] | undefined;
  /** The only wanted model; undefined if it may be several. */
  readonly single: string | undefined;
  readonly #version: string;

  /**
   * @param names A model, several with commas between them, or `*` for every model of the registry.
   * @param version A number, `latest` for each model's newest, or `all`.
   */
  constructor(names: string, version: string) {
    this.names = names === "*" ? undefined : names.split(",");
    this.single = this.names?.length === 1 ? this.names[0] : undefined;
    this.#version = version;
  }

  /** Whether the index is needed: the folder of a model by name and a version by number is known without it. */
  get needsIndex(): boolean {
    return this.names === undefined || this.#version === "latest" || this.#version === "all";
  }

  includes(name: string): boolean {
    return this.names?.includes(name) ?? true;
  }

  /**
   * @param index What is published; unused if `needsIndex` is false.
   * @param root Root of the registry, for error messages.
   */
  choose(index: RegistryIndex, root: string): Selected {
    const published = index.models.map(({ name }) => name);
    const wanted: VersionId[] = [];
    const missing: string[] = [];
    for (const name of this.names ?? published) {
      const versions = this.versionsOf(index, name);
      wanted.push(...versions.map((version) => ({ name, version })));
      if (versions.length === 0 && this.names !== undefined) {
        const others = published.length === 0 ? "no model is" : `published are ${published.join(", ")}`;
        missing.push(`${this.#versionOf(name)} is published in ${root}: ${others}`);
      }
    }
    if (this.names === undefined && wanted.length === 0) {
      missing.push(
        published.length === 0
          ? `no model is published in ${root}`
          : `${this.#versionOf("any model")} is published in ${root}`,
      );
    }
    return { wanted, missing };
  }

  #versionOf(name: string): string {
    return /^\d/.test(this.#version) ? `no version ${this.#version} of ${name}` : `no version of ${name}`;
  }

  /** The versions of a model that are to be served. */
  versionsOf(index: RegistryIndex, name: string): readonly string[] {
    if (!this.needsIndex) {
      return [this.#version];
    }
    const entry = index.models.find((model) => model.name === name);
    switch (this.#version) {
      case "latest":
        return entry === undefined ? [] : [entry.latest];
      case "all":
        return entry?.versions ?? [];
      default:
        return entry?.versions.includes(this.#version) ? [this.#version] : [];
    }
  }
}
