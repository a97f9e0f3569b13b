import { setTimeout as sleep } from "node:timers/promises";
import { errorMessage } from "../../registry/errors.ts";
import { ModelName, type RegistryIndex } from "../../registry/metadata.ts";
import { isBare, readPublished } from "../../registry/read.ts";
import type { Settings } from "../settings.ts";
import { RegistryWatch } from "./registry-watch.ts";
import { Selection, type VersionId } from "./selection.ts";
import { type OpenDeps, release, type ServedModel } from "./served-model.ts";
import { ServedVersions } from "./served-versions.ts";
import { type LoadFailure, VersionLoader } from "./version-loader.ts";

/** What a `ModelRepository` needs. */
export interface ModelRepositoryDeps extends OpenDeps {
  readonly settings: Settings;
  /** Time between two checks of the registry until everything is loaded, in milliseconds. @default 1000 */
  readonly retryMs?: number;
  /** How long the files of a version without metadata have to stay as they are, in milliseconds. @default 2000 */
  readonly settleMs?: number;
}

/** How often an unchanged reason for not being ready is logged again, in milliseconds. */
const REMINDER_MS = 60_000;

/** The models could not be served within `MODEL_WAIT_SECONDS`. */
export class ModelWaitError extends Error {
  override name = "ModelWaitError";
}

/**
 * The models that the settings ask for. Loads them from the registry, waits for those that are missing or incomplete, and
 * finds them for requests.
 */
export class ModelRepository {
  readonly selection: Selection;
  readonly #deps: ModelRepositoryDeps;
  readonly #stopping = new AbortController();
  readonly #loader: VersionLoader;
  readonly #watch: RegistryWatch;
  readonly #served: ServedVersions;
  #running: Promise<void> | undefined;

  constructor(deps: ModelRepositoryDeps) {
    const { settings, metrics, logger, retryMs = 1000 } = deps;
    this.#deps = deps;
    this.selection = new Selection(settings.modelName, settings.modelVersion);
    this.#loader = new VersionLoader(deps);
    this.#watch = new RegistryWatch(settings.modelDirectory, logger);
    const stopping = this.#stopping.signal;
    this.#served = new ServedVersions({ loader: this.#loader, metrics, logger, retryMs, stopping });
  }

  /**
   * Whether everything that was asked for has been loaded and no model is crashed; for a whole registry, whether every model
   * was tried.
   */
  get ready(): boolean {
    return this.#served.ready;
  }

  /** Increases when anything is loaded or unloaded, so that data derived from the models can be cached. */
  get generation(): number {
    return this.#served.loaded.generation;
  }

  /** A served version. @param version @default the newest that is loaded */
  find(name: string, version?: string): ServedModel | undefined {
    return this.#served.loaded.find(name, version);
  }

  /** The model for a request that names none: the only one asked for, or the only one loaded. */
  get only(): ServedModel | undefined {
    const { single } = this.selection;
    return single === undefined ? this.#served.loaded.only : this.#served.loaded.find(single);
  }

  /** All served versions, ascending by name and version. */
  all(): ServedModel[] {
    return this.#served.loaded.all();
  }

  /** The names of the served models, ascending. */
  names(): string[] {
    return this.#served.loaded.names();
  }

  /** The served versions of a model, ascending. */
  versions(name: string): ServedModel[] {
    return this.#served.loaded.versions(name);
  }

  /** The versions that could not be loaded, and why. */
  failures(): readonly LoadFailure[] {
    return this.#loader.failures();
  }

  /** Model and version of the server: those of the loaded model, until then those of the settings. */
  get identity(): { readonly model: string; readonly version: string } {
    const { modelName, modelVersion } = this.#deps.settings;
    const metadata = this.selection.single === undefined ? undefined : this.only?.model.metadata;
    return { model: metadata?.name ?? modelName, version: metadata?.version ?? modelVersion };
  }

  /**
   * Loads the models that the settings request, and retries until all of them can be served; resolves then, or when `close`
   * is called. With `MODEL_CONTROL=poll` it continues to follow the registry; with `none` only until each graph that was served
   * without metadata has some.
   *
   * @throws ModelWaitError after `MODEL_WAIT_SECONDS`, unless that is 0.
   */
  load(): Promise<void> {
    this.#running ??= this.#loadAll();
    return this.#running;
  }

  /**
   * Loads a model's versions as they are published now, also those that are loaded and published again, and unloads those that
   * they replace.
   *
   * @throws Error if none is published; after all were tried, if one cannot be served: what was served before in its place
   *   stays.
   */
  loadModel(name: string): Promise<void> {
    return this.#served.exclusively(async () => {
      const root = this.#deps.settings.modelDirectory;
      const index = await readPublished(root);
      const versions = ModelName.safeParse(name).success ? this.selection.versionsOf(index, name) : [];
      if (versions.length === 0) {
        throw new Error(`${name} is not in the registry: publish a version of it first`);
      }
      const reasons: string[] = [];
      for (const one of versions.map((version) => ({ name, version }))) {
        await this.#served.load(one, true);
        const failure = this.#loader.failureOf(one);
        if (failure?.stamp === "") {
          // There are no files: callers must not fill the memory with made-up names.
          this.#loader.forgetFailureOf(one);
        }
        reasons.push(...(failure === undefined ? [] : [failure.reason]));
      }
      await this.#served.unload((served) => served.name === name && this.#served.isReplaced(served, versions));
      if (reasons.length > 0) {
        throw new Error(reasons.join("; "));
      }
    });
  }

  /** Unloads all versions of a model. Resolves to whether any was loaded. */
  unloadModel(name: string): Promise<boolean> {
    return this.#served.exclusively(async () => {
      const wasCrashed = this.#served.abandonCrashed((crashed) => crashed.name === name);
      return (await this.#served.unload((served) => served.name === name)) || wasCrashed;
    });
  }

  /** Stops waiting, answers queued requests, and frees the models. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#running?.catch(() => {});
    await this.#served.exclusively(() => Promise.all(this.all().map(release)));
  }

  async #loadAll(): Promise<void> {
    const { settings, logger, retryMs = 1000 } = this.#deps;
    const { signal } = this.#stopping;
    const started = performance.now();
    let logged = { reason: "", at: 0 };
    while (!signal.aborted) {
      const reason = await this.#update();
      if (reason === undefined) {
        this.#served.complete();
        logger.info({ ...this.identity, seconds: (performance.now() - started) / 1000 }, "model loaded");
        for (const { name, version, reason } of this.failures()) {
          logger.warn({ model: name, version, reason }, "a version cannot be served");
        }
        this.#poll();
        return;
      }
      const waited = (performance.now() - started) / 1000;
      if (settings.modelWaitSeconds > 0 && waited >= settings.modelWaitSeconds) {
        throw new ModelWaitError(`no model to serve after ${settings.modelWaitSeconds} s: ${reason}`);
      }
      if (reason !== logged.reason || performance.now() - logged.at >= REMINDER_MS) {
        logger.warn({ ...this.identity, reason }, "not ready: the model cannot be served yet; trying again");
        logged = { reason, at: performance.now() };
      }
      await sleep(retryMs, undefined, { signal }).catch(() => {});
    }
  }

  #poll(): void {
    const { settings, logger } = this.#deps;
    const { signal } = this.#stopping;
    const { modelControl } = settings;
    if (modelControl === "explicit") {
      return;
    }
    const milliseconds = settings.modelPollSeconds * 1000;
    const next = async () => {
      while (!signal.aborted && (modelControl === "poll" || this.#bare().length > 0)) {
        await sleep(milliseconds, undefined, { signal, ref: false }).catch(() => {});
        if (modelControl === "none") {
          await this.#describeBare();
          continue;
        }
        const reason = signal.aborted ? undefined : await this.#update();
        if (reason !== undefined) {
          logger.debug({ reason }, "not everything that is published can be served");
        }
      }
    };
    void next();
  }

  /** The versions that are served without metadata. */
  #bare(): VersionId[] {
    return this.all()
      .filter((served) => this.#loader.isBare(served))
      .map(({ model: { metadata } }) => ({ name: metadata.name, version: metadata.version }));
  }

  /** Loads the versions again whose metadata has arrived: tools that copy folders write one file after the other. */
  async #describeBare(): Promise<void> {
    const root = this.#deps.settings.modelDirectory;
    for (const one of this.#bare()) {
      if (this.#stopping.signal.aborted) {
        return;
      }
      const isStillBare = await isBare(root, one.name, one.version).catch(() => true);
      if (!isStillBare) {
        await this.#served.exclusively(() => this.#served.load(one));
      }
    }
  }

  /** Reads the registry and loads and unloads accordingly. Resolves to why something is not served; undefined if all is. */
  #update(): Promise<string | undefined> {
    return this.#served.exclusively(async () => {
      const root = this.#deps.settings.modelDirectory;
      const { names, needsIndex } = this.selection;
      let index: RegistryIndex = { models: [] };
      try {
        index = needsIndex ? await this.#watch.read(this.#served.loaded.size > 0) : index;
      } catch (error) {
        const reason = errorMessage(error);
        this.#logProblem(reason);
        return reason;
      }
      const { wanted, missing } = this.selection.choose(index, root);
      // A whole registry was asked for without naming models, so none can be missing.
      this.#logProblem(names === undefined ? "" : missing.join("; "));
      this.#loader.forgetFailuresExcept(wanted);
      this.#served.abandonCrashed(
        ({ name, version }) => !wanted.some((one) => one.name === name && one.version === version),
      );
      for (const one of wanted) {
        if (this.#stopping.signal.aborted) {
          return "stopping";
        }
        await this.#served.load(one);
      }
      await this.#served.unload(({ name, version }) => {
        const isWithdrawn = names === undefined && !index.models.some((model) => model.name === name);
        const versions = wanted.filter((one) => one.name === name).map((one) => one.version);
        return isWithdrawn || this.#served.isReplaced({ name, version }, versions);
      });
      const reasons = [...missing, ...wanted.flatMap((one) => this.#loader.failureOf(one)?.reason ?? [])];
      // One broken model of a whole registry must not prevent the others from being served.
      const isEnough = names === undefined ? this.#served.loaded.size > 0 : reasons.length === 0;
      return isEnough ? undefined : reasons.join("; ");
    });
  }

  /** Before the models are loaded, `#loadAll` logs the reason instead. */
  #logProblem(reason: string): void {
    if (this.#served.isComplete) {
      this.#watch.log(reason);
    }
  }
}
