import { setTimeout as sleep } from "node:timers/promises";
import { ModelName, type RegistryIndex } from "../../registry/metadata.ts";
import { readPublished } from "../../registry/read.ts";
import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { OpenModel } from "../model/model.ts";
import type { Settings } from "../settings.ts";
import { LostModels } from "./crashed-models.ts";
import { Shelf } from "./loaded-models.ts";
import { RegistryWatch } from "./registry-watch.ts";
import { Selection, type Wanted } from "./selection.ts";
import { release, type ServedModel } from "./served-model.ts";
import { type Fault, VersionLoader } from "./version-loader.ts";

/** What a `ModelHost` needs. */
export interface ModelHostDeps {
  readonly settings: Settings;
  readonly open: OpenModel;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Time between two looks at the registry until all is loaded, in milliseconds. @default 1000 */
  readonly retryMs?: number;
}

/** How often an unchanged reason for not being ready is logged again, in milliseconds. */
const REMINDER_MS = 60_000;

/** The models did not become servable within `MODEL_WAIT_SECONDS`. */
export class ModelWaitError extends Error {
  override name = "ModelWaitError";
}

/** Loads the models that are asked for, waiting for what is not there or not whole, and holds them for the routes. */
export class ModelHost {
  readonly selection: Selection;
  readonly #deps: ModelHostDeps;
  readonly #stopping = new AbortController();
  readonly #shelf = new Shelf();
  readonly #loader: VersionLoader;
  readonly #watch: RegistryWatch;
  readonly #lost = new LostModels();
  #isReady = false;
  #running: Promise<void> | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(deps: ModelHostDeps) {
    this.#deps = deps;
    this.#loader = new VersionLoader(deps);
    this.#watch = new RegistryWatch(deps.settings.modelDirectory, deps.logger);
    this.selection = new Selection(deps.settings.modelName, deps.settings.modelVersion);
    deps.metrics.ready = false;
  }

  /**
   * Whether all that was asked for has been loaded, and nothing of it has ended by itself; of a whole registry, whether every
   * model of it was tried.
   */
  get ready(): boolean {
    return this.#isReady && this.#lost.isEmpty;
  }

  /** Grows with everything that is loaded or unloaded: what is derived from the models can be kept as long as it stays. */
  get generation(): number {
    return this.#shelf.generation;
  }

  /** A version that answers, by default the newest of those loaded. */
  find(name: string, version?: string): ServedModel | undefined {
    return this.#shelf.find(name, version);
  }

  /** The model that a request means which names none: the only one asked for, or the only one there is. */
  get only(): ServedModel | undefined {
    const { single } = this.selection;
    return single === undefined ? this.#shelf.only : this.#shelf.find(single);
  }

  /** Everything that is served, by name and version. */
  all(): ServedModel[] {
    return this.#shelf.all();
  }

  /** The names of the models that are served, ascending. */
  names(): string[] {
    return this.#shelf.names();
  }

  /** The loaded versions of a model, ascending. */
  versions(name: string): ServedModel[] {
    return this.#shelf.versions(name);
  }

  /** What was tried in vain, and why. */
  faults(): readonly Fault[] {
    return this.#loader.faults();
  }

  /** Name and version as known so far: as asked for until the model is loaded, and then its own. */
  get identity(): { readonly model: string; readonly version: string } {
    const { modelName, modelVersion } = this.#deps.settings;
    const metadata = this.selection.single === undefined ? undefined : this.only?.model.metadata;
    return { model: metadata?.name ?? modelName, version: metadata?.version ?? modelVersion };
  }

  /**
   * Loads what is asked for, looking again until it can be served; resolves when it is, or when `close` was called.
   * Where `MODEL_CONTROL` is `poll` it goes on looking for what is published later.
   *
   * @throws ModelWaitError after `MODEL_WAIT_SECONDS`, where those are not 0.
   */
  load(): Promise<void> {
    this.#running ??= this.#loadAll();
    return this.#running;
  }

  /**
   * Loads a model's versions as they are published now, also those that are loaded and published anew, and lets go of
   * those that they replace.
   *
   * @throws Error where none is published, or once all were tried where one cannot be served; what was served before in
   *   its place stays.
   */
  loadModel(name: string): Promise<void> {
    return this.#exclusively(async () => {
      const root = this.#deps.settings.modelDirectory;
      const index = await readPublished(root);
      const versions = ModelName.safeParse(name).success ? this.selection.versionsOf(index, name) : [];
      if (versions.length === 0) {
        throw new Error(`${name} is not in the registry: publish a version of it first`);
      }
      const reasons: string[] = [];
      for (const one of versions.map((version) => ({ name, version }))) {
        await this.#tryVersion(one, true);
        const fault = this.#loader.faultOf(one);
        if (fault?.stamp === "") {
          // Nothing is there: callers must not fill the memory with names that they make up.
          this.#loader.forgetFaultOf(one);
        }
        reasons.push(...(fault === undefined ? [] : [fault.reason]));
      }
      await this.#retire((served) => served.name === name && this.#isReplaced(served, versions));
      if (reasons.length > 0) {
        throw new Error(reasons.join("; "));
      }
    });
  }

  /** Lets go of a model: all its versions, or one. Resolves to whether any was loaded. */
  unloadModel(name: string): Promise<boolean> {
    return this.#exclusively(async () => {
      const wasLost = this.#lost.giveUp((lost) => lost.name === name);
      return (await this.#retire((served) => served.name === name)) || wasLost;
    });
  }

  /** Stops waiting, answers what is queued, and frees the models. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#running?.catch(() => {});
    await this.#exclusively(() => Promise.all(this.all().map(release)));
  }

  async #loadAll(): Promise<void> {
    const { settings, logger, metrics, retryMs = 1000 } = this.#deps;
    const { signal } = this.#stopping;
    const started = performance.now();
    let told = { reason: "", at: 0 };
    while (!signal.aborted) {
      const reason = await this.#look();
      if (reason === undefined) {
        this.#isReady = true;
        metrics.ready = true;
        logger.info({ ...this.identity, seconds: (performance.now() - started) / 1000 }, "model loaded");
        for (const { name, version, reason } of this.faults()) {
          logger.warn({ model: name, version, reason }, "a version cannot be served");
        }
        this.#keepLooking();
        return;
      }
      const waited = (performance.now() - started) / 1000;
      if (settings.modelWaitSeconds > 0 && waited >= settings.modelWaitSeconds) {
        throw new ModelWaitError(`no model to serve after ${settings.modelWaitSeconds} s: ${reason}`);
      }
      if (reason !== told.reason || performance.now() - told.at >= REMINDER_MS) {
        logger.warn({ ...this.identity, reason }, "not ready: the model cannot be served yet; looking again");
        told = { reason, at: performance.now() };
      }
      await sleep(retryMs, undefined, { signal }).catch(() => {});
    }
  }

  #keepLooking(): void {
    const { settings, logger } = this.#deps;
    const { signal } = this.#stopping;
    if (settings.modelControl !== "poll") {
      return;
    }
    const milliseconds = settings.modelPollSeconds * 1000;
    const next = async () => {
      while (!signal.aborted) {
        await sleep(milliseconds, undefined, { signal, ref: false }).catch(() => {});
        const reason = signal.aborted ? undefined : await this.#look();
        if (reason !== undefined) {
          logger.debug({ reason }, "not everything that is published can be served");
        }
      }
    };
    void next();
  }

  /** One look at the registry; resolves to why something that is asked for is not served, or undefined where all is. */
  #look(): Promise<string | undefined> {
    return this.#exclusively(async () => {
      const root = this.#deps.settings.modelDirectory;
      let index: RegistryIndex = { models: [] };
      try {
        index = this.selection.needsIndex ? await this.#watch.read(this.#shelf.size > 0) : index;
      } catch (error) {
        const reason = wordError(error);
        this.#tell(reason);
        return reason;
      }
      const { wanted, missing } = this.selection.choose(index, root);
      // Of a whole registry nothing is missing that anybody has named.
      this.#tell(this.selection.names === undefined ? "" : missing.join("; "));
      this.#loader.forgetFaultsBut(wanted);
      this.#lost.giveUp(({ name, version }) => !wanted.some((one) => one.name === name && one.version === version));
      for (const one of wanted) {
        if (this.#stopping.signal.aborted) {
          return "stopping";
        }
        await this.#tryVersion(one);
      }
      await this.#retire(({ name, version }) => {
        const isGone = this.selection.names === undefined && !index.models.some((model) => model.name === name);
        const versions = wanted.filter((one) => one.name === name).map((one) => one.version);
        return isGone || this.#isReplaced({ name, version }, versions);
      });
      const reasons = [...missing, ...wanted.flatMap((one) => this.#loader.faultOf(one)?.reason ?? [])];
      // One broken model of a whole registry must not keep the others from being served.
      const isEnough = this.selection.names === undefined ? this.#shelf.size > 0 : reasons.length === 0;
      return isEnough ? undefined : reasons.join("; ");
    });
  }

  /** Until the models are ready it is the reason for waiting, which is told as such. */
  #tell(reason: string): void {
    if (this.#isReady) {
      this.#watch.tell(reason);
    }
  }

  /** Whether others of its versions are asked for instead, and one of them is served. */
  #isReplaced({ name, version }: Wanted, versions: readonly string[]): boolean {
    return !versions.includes(version) && versions.some((other) => this.find(name, other) !== undefined);
  }

  /**
   * Loads a version, or puts it in the place of the same one where it has been published anew.
   *
   * @param isAsked Whether it is tried although its files are as they were when it could not be served. @default false
   */
  async #tryVersion(one: Wanted, isAsked = false): Promise<void> {
    const { logger, metrics } = this.#deps;
    const { name, version } = one;
    const before = this.#loader.faultOf(one)?.reason;
    const current = this.find(name, version);
    const started = performance.now();
    const served = await this.#loader.load(one, current, isAsked);
    if (served === undefined) {
      const reason = this.#loader.faultOf(one)?.reason;
      if (this.#isReady && reason !== before) {
        const stays = current === undefined ? "" : " as it is published now; the one that was loaded stays";
        logger.warn({ model: name, version, reason }, `a version cannot be served${stays}`);
      }
    } else if (served !== current) {
      this.#shelf.put(served);
      served.model.lost?.then(() => this.#replace(served));
      logger.info({ model: name, version, seconds: (performance.now() - started) / 1000 }, "version loaded");
      if (current !== undefined) {
        metrics.modelReplaced(current.model.metadata, served.model.metadata);
        await release(current);
      }
    }
  }

  /** A model that has ended by itself is opened anew, unless it was let go of; until then nothing is ready. */
  async #replace(served: ServedModel): Promise<void> {
    const { logger, metrics, retryMs = 1000 } = this.#deps;
    const { metadata } = served.model;
    const { name, version } = metadata;
    if (this.find(name, version) !== served || this.#stopping.signal.aborted) {
      return;
    }
    logger.error({ model: name, version }, "the model ended by itself; opening it anew");
    this.#shelf.remove(served);
    metrics.modelLost(metadata);
    const open = () =>
      this.#exclusively(async () => {
        await (this.#lost.has({ name, version }) ? this.#tryVersion({ name, version }, true) : undefined);
        return this.find(name, version) !== undefined;
      });
    const reopened = this.#lost.reopen({ name, version }, open, retryMs, this.#stopping.signal);
    metrics.ready = this.ready;
    await reopened;
    metrics.ready = this.ready;
  }

  /** Takes versions away: no request finds them any more, and what they have queued is answered before they are freed. */
  async #retire(which: (served: Wanted) => boolean): Promise<boolean> {
    const gone = this.all().filter(({ model }) => which(model.metadata));
    for (const served of gone) {
      const { name, version } = served.model.metadata;
      this.#shelf.remove(served);
      await release(served);
      this.#deps.metrics.modelUnloaded(served.model.metadata);
      this.#deps.logger.info({ model: name, version }, "version unloaded");
    }
    return gone.length > 0;
  }

  /** One change of what is served after the other. */
  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work, work);
    this.#turn = result.catch(() => {});
    return result;
  }
}

function wordError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
