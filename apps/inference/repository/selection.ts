import type { RegistryIndex } from "../../registry/metadata.ts";

/** One version of one model. */
export interface Wanted {
  readonly name: string;
  readonly version: string;
}

/** Which versions are asked for, and what of it the index does not have. */
export interface Choice {
  readonly wanted: readonly Wanted[];
  /** One line for each model that is asked for and not published. */
  readonly missing: readonly string[];
}

/** What `MODEL_NAME` and `MODEL_VERSION` ask for. */
export class Selection {
  /** The names that are asked for; undefined where it is every model of the registry. */
  readonly names: readonly string[] | undefined;
  /** The only model that is asked for; undefined where it may be several. */
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

  /** Whether the index is needed to choose: a version by number of a model by name is where it is. */
  get needsIndex(): boolean {
    return this.names === undefined || this.#version === "latest" || this.#version === "all";
  }

  includes(name: string): boolean {
    return this.names?.includes(name) ?? true;
  }

  /**
   * @param index What is published; not looked at where it is not needed.
   * @param root Root of the registry, for the messages.
   */
  choose(index: RegistryIndex, root: string): Choice {
    const published = index.models.map(({ name }) => name);
    const wanted: Wanted[] = [];
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
