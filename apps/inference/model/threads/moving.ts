import type { ModelMetadata } from "../../../registry/metadata.ts";
import type { ExternalData } from "../../../registry/publish.ts";
import type { Logger } from "../../logger.ts";
import type { Model, OpenModel } from "../model.ts";
import type { Tensors } from "../tensor.ts";

/** A model's description and the bytes that it describes. */
export interface ModelFiles {
  readonly metadata: ModelMetadata;
  readonly artifact: Uint8Array;
  readonly externalData: readonly ExternalData[];
}

/** What `movingOpener` needs to move a model from the event loop to a worker thread. */
export interface MovingDeps {
  /** Opens a model that runs inside the event loop, which is fastest for a small one. */
  readonly inline: OpenModel;
  /** Opens a model on a worker thread of its own. */
  readonly threaded: OpenModel;
  /** CPU time of one run above which a model is moved, in milliseconds; 0 moves every model from the start. */
  readonly afterMs: number;
  /** Reads a model's artifact again, to open it on a thread. */
  readonly read: (name: string, version: string) => Promise<ModelFiles>;
  readonly logger: Logger;
}

/** Weights of at least this many bytes get a thread from the start: opening them already takes long. */
const LARGE_BYTES = 16 * 1024 * 1024;
/** How many runs are measured by CPU time after one that took long by the clock. */
const MEASURED_RUNS = 100;

/**
 * Returns a function that opens models inside the event loop and moves each to a thread of its own once one of its runs is
 * found to be long.
 */
export function movingOpener(deps: MovingDeps): OpenModel {
  return async (metadata, artifact, externalData = []) => {
    const bytes = externalData.reduce((sum, { data }) => sum + data.byteLength, artifact.byteLength);
    if (deps.afterMs === 0 || bytes >= LARGE_BYTES) {
      return deps.threaded(metadata, artifact, externalData);
    }
    return new MovingModel(await deps.inline(metadata, artifact, externalData), deps);
  };
}

class MovingModel implements Model {
  readonly metadata: ModelMetadata;
  readonly batched: boolean;
  readonly maxRows: number;
  readonly ragged: boolean;
  readonly notes: readonly string[];
  readonly crashed: Promise<void>;
  readonly #deps: MovingDeps;
  #current: Model;
  #measuredRuns = 0;
  #moving: Promise<void> | undefined;
  #isClosed = false;
  #reportCrash: () => void = () => {};

  constructor(inline: Model, deps: MovingDeps) {
    this.metadata = inline.metadata;
    this.batched = inline.batched;
    this.maxRows = inline.maxRows;
    this.ragged = inline.ragged;
    this.notes = inline.notes ?? [];
    this.crashed = new Promise((resolve) => {
      this.#reportCrash = resolve;
    });
    this.#current = inline;
    this.#deps = deps;
  }

  run(inputs: Tensors, wanted?: readonly string[]): Tensors | Promise<Tensors> {
    if (this.#moving !== undefined) {
      return this.#current.run(inputs, wanted);
    }
    const spent = this.#measuredRuns > 0 ? process.threadCpuUsage() : undefined;
    const started = performance.now();
    // The model runs inside the event loop: when the call returns, the run is over.
    const outputs = this.#current.run(inputs, wanted);
    this.#measure(performance.now() - started, spent);
    return outputs;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#moving;
    await this.#current.close();
  }

  /**
   * By the clock a run may also be long because the machine was busy, or because a CPU limit throttled the process. So a run
   * that is long by the clock only makes the next runs be measured by CPU time, which decides.
   */
  #measure(milliseconds: number, spent: NodeJS.CpuUsage | undefined): void {
    const { afterMs } = this.#deps;
    if (spent !== undefined) {
      const { user, system } = process.threadCpuUsage(spent);
      this.#measuredRuns -= 1;
      if ((user + system) / 1000 > afterMs) {
        this.#moving = this.#move();
      }
    } else if (milliseconds > afterMs) {
      this.#measuredRuns = MEASURED_RUNS;
    }
  }

  async #move(): Promise<void> {
    const { threaded, read, logger } = this.#deps;
    const { name, version } = this.metadata;
    try {
      const { metadata, artifact, externalData } = await read(name, version);
      if (this.#isClosed || metadata.artifact.sha256 !== this.metadata.artifact.sha256) {
        return;
      }
      const inline = this.#current;
      this.#current = await threaded(metadata, artifact, externalData);
      this.#current.crashed?.then(this.#reportCrash);
      logger.info({ model: name, version }, "runs are long: the model was moved to a thread of its own");
      await inline.close();
    } catch (error) {
      logger.warn(
        { model: name, version, error },
        "runs are long, but the model cannot be moved to a thread of its own",
      );
    }
  }
}
