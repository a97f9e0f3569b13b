import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { CrashedModels } from "./crashed-models.ts";
import { LoadedModels } from "./loaded-models.ts";
import type { VersionId } from "./selection.ts";
import { release, type ServedModel } from "./served-model.ts";
import type { VersionLoader } from "./version-loader.ts";

/** What `ServedVersions` needs. */
export interface ServedVersionsDeps {
  readonly loader: VersionLoader;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Time between two attempts to reopen a crashed model, in milliseconds. */
  readonly retryMs: number;
  /** Aborted when the server closes. */
  readonly stopping: AbortSignal;
}

/** The versions that are served. Loads, replaces and unloads them, one change at a time. */
export class ServedVersions {
  readonly loaded = new LoadedModels();
  readonly #deps: ServedVersionsDeps;
  readonly #crashed = new CrashedModels();
  #isComplete = false;
  #lastChange: Promise<unknown> = Promise.resolve();

  constructor(deps: ServedVersionsDeps) {
    this.#deps = deps;
    deps.metrics.ready = false;
  }

  /** Whether everything that was asked for has been loaded and no model is crashed. */
  get ready(): boolean {
    return this.#isComplete && this.#crashed.isEmpty;
  }

  /** Whether everything that was asked for has been loaded once. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Records that everything that was asked for has been loaded. */
  complete(): void {
    this.#isComplete = true;
    this.#deps.metrics.ready = true;
  }

  /** Runs changes of the served versions one after another. */
  exclusively<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#lastChange.then(change, change);
    this.#lastChange = result.catch(() => {});
    return result;
  }

  /**
   * Loads a version, or replaces it if it was published again. Failures are kept by the loader.
   *
   * @param isRequested Whether to try it even if its files have not changed since it failed. @default false
   */
  async load(one: VersionId, isRequested = false): Promise<void> {
    const { loader, logger, metrics } = this.#deps;
    const { name, version } = one;
    const before = loader.failureOf(one)?.reason;
    const current = this.loaded.find(name, version);
    const started = performance.now();
    const served = await loader.load(one, current, isRequested);
    if (served === undefined) {
      const reason = loader.failureOf(one)?.reason;
      if (this.#isComplete && reason !== before) {
        const stays = current === undefined ? "" : " as it is published now; the version that was loaded before stays";
        logger.warn({ model: name, version, reason }, `a version cannot be served${stays}`);
      }
    } else if (served !== current) {
      this.loaded.put(served);
      served.model.crashed?.then(() => this.#reopen(served));
      logger.info({ model: name, version, seconds: (performance.now() - started) / 1000 }, "version loaded");
      if (current !== undefined) {
        metrics.modelReplaced(current.model.metadata, served.model.metadata);
        await release(current);
      }
    }
  }

  /** Unloads versions: new requests do not find them, queued requests are answered. Resolves to whether there were any. */
  async unload(which: (served: VersionId) => boolean): Promise<boolean> {
    const found = this.loaded.all().filter(({ model }) => which(model.metadata));
    for (const served of found) {
      const { name, version } = served.model.metadata;
      this.loaded.remove(served);
      await release(served);
      this.#deps.metrics.modelUnloaded(served.model.metadata);
      this.#deps.logger.info({ model: name, version }, "version unloaded");
    }
    return found.length > 0;
  }

  /** Stops reopening crashed versions. Returns whether there were any. */
  abandonCrashed(which: (crashed: VersionId) => boolean): boolean {
    return this.#crashed.abandon(which);
  }

  /** Whether other versions of the model are wanted instead, and one of them is served. */
  isReplaced({ name, version }: VersionId, wanted: readonly string[]): boolean {
    return !wanted.includes(version) && wanted.some((other) => this.loaded.find(name, other) !== undefined);
  }

  /** Opens a crashed model again, unless it was unloaded; until then the server is not ready. */
  async #reopen(served: ServedModel): Promise<void> {
    const { logger, metrics, retryMs, stopping } = this.#deps;
    const { metadata } = served.model;
    const { name, version } = metadata;
    if (this.loaded.find(name, version) !== served || stopping.aborted) {
      return;
    }
    logger.error({ model: name, version }, "the model crashed; opening it again");
    this.loaded.remove(served);
    metrics.modelCrashed(metadata);
    const open = () =>
      this.exclusively(async () => {
        await (this.#crashed.has({ name, version }) ? this.load({ name, version }, true) : undefined);
        return this.loaded.find(name, version) !== undefined;
      });
    const reopened = this.#crashed.reopen({ name, version }, open, retryMs, stopping);
    metrics.ready = this.ready;
    await reopened;
    metrics.ready = this.ready;
  }
}
