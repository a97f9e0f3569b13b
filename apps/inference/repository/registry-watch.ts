import { RegistryError } from "../../registry/errors.ts";
import { indexFile } from "../../registry/layout.ts";
import type { RegistryIndex } from "../../registry/metadata.ts";
import { exists, readPublished } from "../../registry/read.ts";
import type { Logger } from "../logger.ts";

/** Reads the published versions, and logs once if that fails and once when it works again. */
export class RegistryWatch {
  readonly #root: string;
  readonly #logger: Logger;
  #logged = "";

  /** @param root Root of the registry. */
  constructor(root: string, logger: Logger) {
    this.#root = root;
    this.#logger = logger;
  }

  /**
   * @param isServing Whether models of the registry are served.
   * @throws RegistryError if it cannot be read, or is suddenly empty: its volume may not be mounted any more.
   */
  async read(isServing: boolean): Promise<RegistryIndex> {
    const index = await readPublished(this.#root);
    if (isServing && index.models.length === 0 && !(await exists(indexFile(this.#root)))) {
      throw new RegistryError(
        `${this.#root} has neither an index nor a model any more: check that its volume is mounted`,
      );
    }
    return index;
  }

  /** @param reason Why the registry cannot be followed; empty if it can. */
  log(reason: string): void {
    if (reason === this.#logged) {
      return;
    }
    this.#logged = reason;
    if (reason === "") {
      this.#logger.info("the registry is followed again");
    } else {
      this.#logger.warn({ reason }, "the registry cannot be followed: what is served stays");
    }
  }
}
