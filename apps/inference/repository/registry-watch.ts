import { RegistryError } from "../../registry/errors.ts";
import { indexFile } from "../../registry/layout.ts";
import type { RegistryIndex } from "../../registry/metadata.ts";
import { exists, readPublished } from "../../registry/read.ts";
import type { Logger } from "../logger.ts";

/** Looks at what is published, time and again, and says once where that cannot be followed. */
export class RegistryWatch {
  readonly #root: string;
  readonly #logger: Logger;
  #told = "";

  /** @param root Root of the registry. */
  constructor(root: string, logger: Logger) {
    this.#root = root;
    this.#logger = logger;
  }

  /**
   * @param isServing Whether something of it is served.
   * @throws RegistryError where nothing can be read, or nothing is left of what is served: its volume may have gone.
   */
  async read(isServing: boolean): Promise<RegistryIndex> {
    const index = await readPublished(this.#root);
    if (isServing && index.models.length === 0 && !(await exists(indexFile(this.#root)))) {
      throw new RegistryError(
        `${this.#root} has neither an index nor a model any more: see whether its volume is mounted`,
      );
    }
    return index;
  }

  /** @param reason Why what is published cannot be followed; empty where it can. */
  tell(reason: string): void {
    if (reason === this.#told) {
      return;
    }
    this.#told = reason;
    if (reason === "") {
      this.#logger.info("what is published is followed again");
    } else {
      this.#logger.warn({ reason }, "what is published cannot be followed: what is served stays");
    }
  }
}
