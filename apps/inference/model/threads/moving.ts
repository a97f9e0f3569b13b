import type { ModelMetadata } from "../../../registry/metadata.ts";
import type { Logger } from "../../logger.ts";
import type { Model, OpenModel } from "../model.ts";
import { readVersion } from "../published.ts";
import type { Tensors } from "../tensor.ts";

/** What it takes to move a model from the event loop to a thread. */
export interface MovingDeps {
  /** Opens a model that runs inside the event loop: the fastest way for a small one. */
  readonly inline: OpenModel;
  /** Opens a model on a thread of its own. */
  readonly threaded: OpenModel;
  /** Processor time of one run from which on a model is moved, in milliseconds; 0 for every model from the start. */
  readonly afterMs: number;
  /** Root of the registry: a model that moves is read again. */
  readonly modelDirectory: string;
  readonly logger: Logger;
}

/** Artefacts of this many bytes get a thread from the start: to open them takes long already. */
const LARGE_BYTES = 16 * 1024 * 1024;
/** How many runs are looked at closely after one that took long on the clock. */
const CLOSE_LOOKS = 100;

/**
 * How to open models where each belongs: inside the event loop as long as its runs are short, on a thread of its own from
 * the first time that a run was seen to be long.
 */
export function movingOpener(deps: MovingDeps): OpenModel {
  return async (metadata, artefact) => {
    if (deps.afterMs === 0 || artefact.byteLength >= LARGE_BYTES) {
      return deps.threaded(metadata, artefact);
    }
    return new MovingModel(await deps.inline(metadata, artefact), deps);
  };
}

class MovingModel implements Model {
  readonly metadata: ModelMetadata;
  readonly batched: boolean;
  readonly maxRows: number;
  readonly ragged: boolean;
  readonly lost: Promise<void>;
  readonly #deps: MovingDeps;
  #current: Model;
  #looks = 0;
  #moving: Promise<void> | undefined;
  #isClosed = false;
  #tellLost: () => void = () => {};

  constructor(inline: Model, deps: MovingDeps) {
    this.metadata = inline.metadata;
    this.batched = inline.batched;
    this.maxRows = inline.maxRows;
    this.ragged = inline.ragged;
    this.lost = new Promise((resolve) => {
      this.#tellLost = resolve;
    });
    this.#current = inline;
    this.#deps = deps;
  }

  run(inputs: Tensors, wanted?: readonly string[]): Tensors | Promise<Tensors> {
    if (this.#moving !== undefined) {
      return this.#current.run(inputs, wanted);
    }
    const spent = this.#looks > 0 ? process.threadCpuUsage() : undefined;
    const started = performance.now();
    // Inside the event loop: when the call returns, the run is over.
    const outputs = this.#current.run(inputs, wanted);
    this.#judge(performance.now() - started, spent);
    return outputs;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#moving;
    await this.#current.close();
  }

  /**
   * On the clock a run may also be long because the machine was busy otherwise, and a limit on CPU stops a process for
   * tens of milliseconds. So the clock only calls for a closer look, and processor time decides.
   */
  #judge(milliseconds: number, spent: NodeJS.CpuUsage | undefined): void {
    const { afterMs } = this.#deps;
    if (spent !== undefined) {
      const { user, system } = process.threadCpuUsage(spent);
      this.#looks -= 1;
      if ((user + system) / 1000 > afterMs) {
        this.#moving = this.#move();
      }
    } else if (milliseconds > afterMs) {
      this.#looks = CLOSE_LOOKS;
    }
  }

  async #move(): Promise<void> {
    const { threaded, modelDirectory, logger } = this.#deps;
    const { name, version } = this.metadata;
    try {
      const { metadata, artefact } = await readVersion(modelDirectory, name, version);
      if (this.#isClosed || metadata.artifact.sha256 !== this.metadata.artifact.sha256) {
        return;
      }
      const inline = this.#current;
      this.#current = await threaded(metadata, artefact);
      this.#current.lost?.then(this.#tellLost);
      logger.info({ model: name, version }, "its runs are long: the model has a thread of its own now");
      await inline.close();
    } catch (error) {
      logger.warn({ model: name, version, error }, "its runs are long, but the model cannot be moved to a thread");
    }
  }
}
