import { setTimeout as sleep } from "node:timers/promises";
import { Batcher } from "../batcher.ts";
import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics.ts";
import type { Form } from "../predict/form.ts";
import { formFor } from "../predict/forms.ts";
import { tensorOf } from "../predict/tensor-of.ts";
import type { Settings } from "../settings.ts";
import type { Model, OpenModel } from "./model.ts";
import { readVersion } from "./published.ts";

/** A model that answers: loaded, warmed up, and behind its queue. */
export interface ServedModel {
  readonly model: Model;
  readonly form: Form;
  readonly batcher: Batcher;
}

/** What a `ModelHost` needs. */
export interface ModelHostDeps {
  readonly settings: Pick<
    Settings,
    "modelDirectory" | "modelName" | "modelVersion" | "maxBatchSize" | "maxQueueSize" | "modelWaitSeconds"
  >;
  readonly open: OpenModel;
  readonly metrics: () => Metrics;
  readonly logger: Logger;
  /** Time between two looks at the registry, in milliseconds. @default 1000 */
  readonly retryMs?: number;
}

/** How often an unchanged reason for not being ready is logged again, in milliseconds. */
const REMINDER_MS = 60_000;

/** The model did not become servable within `MODEL_WAIT_SECONDS`. */
export class ModelWaitError extends Error {
  override name = "ModelWaitError";
}

/** Loads the model, waiting for it where it is not there or not whole, and holds it for the routes. */
export class ModelHost {
  readonly #deps: ModelHostDeps;
  readonly #stopping = new AbortController();
  #served: ServedModel | undefined;
  #loading: Promise<void> | undefined;

  constructor(deps: ModelHostDeps) {
    this.#deps = deps;
  }

  /** The model, once it has answered its warm-up. */
  get served(): ServedModel | undefined {
    return this.#served;
  }

  /** Name and version as known so far: as asked for until the model is loaded, and then its own. */
  get identity(): { readonly model: string; readonly version: string } {
    const metadata = this.#served?.model.metadata;
    const { modelName, modelVersion } = this.#deps.settings;
    return { model: metadata?.name ?? modelName, version: metadata?.version ?? modelVersion };
  }

  /**
   * Loads the model, looking again until it can be served; resolves when it is, or when `close` was called.
   *
   * @throws ModelWaitError after `MODEL_WAIT_SECONDS`, where those are not 0.
   */
  load(): Promise<void> {
    this.#loading ??= this.#loadWhenWhole();
    return this.#loading;
  }

  /** Stops waiting, answers what is queued, and frees the model. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#loading?.catch(() => {});
    await this.#served?.batcher.drained();
    await this.#served?.model.close();
  }

  async #loadWhenWhole(): Promise<void> {
    const { settings, logger, retryMs = 1000 } = this.#deps;
    const { signal } = this.#stopping;
    const started = performance.now();
    let told = { reason: "", at: 0 };
    while (!signal.aborted) {
      try {
        this.#served = await this.#attempt();
        this.#deps.metrics().modelLoaded(this.#served.model.metadata);
        const seconds = (performance.now() - started) / 1000;
        logger.info({ ...this.identity, seconds }, "model loaded");
        return;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
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
  }

  async #attempt(): Promise<ServedModel> {
    const { settings, open } = this.#deps;
    const { metadata, artefact } = await readVersion(
      settings.modelDirectory,
      settings.modelName,
      settings.modelVersion,
    );
    const form = formFor(metadata);
    const model = await open(metadata, artefact);
    try {
      await warmUp(model, form);
    } catch (error) {
      await model.close();
      throw error;
    }
    const batcher = new Batcher(model, {
      maxBatchSize: settings.maxBatchSize,
      maxQueueSize: settings.maxQueueSize,
      onRun: (rows, seconds) => this.#deps.metrics().run(rows, seconds),
    });
    return { model, form, batcher };
  }
}

/** Whether a word comes out at all is checked here, so that a signature that does not fit its graph is never ready. */
async function warmUp(model: Model, form: Form): Promise<void> {
  const outputs = await model.run(tensorOf(form.input, form.sample, 1));
  form.word({}, outputs, 1);
}
