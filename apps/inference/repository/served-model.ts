import { versionDirectory } from "../../registry/layout.ts";
import type { ModelMetadata } from "../../registry/metadata.ts";
import { Batcher } from "../batching/batcher.ts";
import { aloneBecause } from "../batching/unbatchable.ts";
import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { ModelMetrics } from "../metrics/model-metrics.ts";
import { graphFacts } from "../model/graph-facts.ts";
import type { Model, OpenModel } from "../model/model.ts";
import type { Form } from "../payload/request-schema.ts";
import { formFor } from "../protocols/predict/request-schemas.ts";
import type { Settings } from "../settings.ts";
import { readVersion } from "./published.ts";
import { warmUp } from "./warm-up.ts";

/** A model that answers: loaded, warmed up, and behind its queue. */
export interface ServedModel {
  readonly model: Model;
  /** How `/predict` speaks with it; undefined where it takes tensors only. */
  readonly form: Form | undefined;
  readonly batcher: Batcher;
  readonly metrics: ModelMetrics;
  /** Whether it answered its warm-up: zeros may be nothing that a model can take. */
  readonly warmedUp: boolean;
}

/** What it takes to open a version. */
export interface OpenDeps {
  readonly settings: Pick<Settings, "modelDirectory" | "maxBatchSize" | "maxQueueSize">;
  readonly open: OpenModel;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/**
 * Reads a published version, checks it, opens it and has it answer once.
 *
 * @throws RegistryError where it is absent, half-written or corrupted; Error where it cannot be run as it is described.
 */
export async function openVersion(name: string, version: string, deps: OpenDeps): Promise<ServedModel> {
  const { settings, open, metrics, logger } = deps;
  const { metadata, artefact } = await readVersion(settings.modelDirectory, name, version);
  const { form, model, warmedUp, reason } = await openModel(metadata, artefact, open).catch((error: unknown) => {
    const directory = versionDirectory(settings.modelDirectory, name, version);
    throw new Error(`${directory}: ${error instanceof Error ? error.message : error}`, { cause: error });
  });
  const recorder = metrics.model(metadata.name, metadata.version);
  const { maxBatchSize, maxQueueSize } = settings;
  const tell = (reason: string) =>
    logger.info(
      { model: metadata.name, version: metadata.version, reason },
      "each of its requests is a run by itself; maxBatchSize in the signature says how many rows may share one",
    );
  if (reason !== undefined) {
    tell(reason);
  }
  const batcher = new Batcher(model, {
    maxBatchSize,
    maxQueueSize,
    observer: recorder,
    alone: reason !== undefined,
    onAlone: ({ message }) => tell(message),
  });
  recorder.waiting = () => batcher.waiting;
  metrics.modelLoaded(metadata);
  return { model, form, batcher, metrics: recorder, warmedUp };
}

async function openModel(metadata: ModelMetadata, artefact: Uint8Array, open: OpenModel) {
  // Before it is opened: a thread that opens it takes the artefact's memory along.
  const facts = graphFacts(artefact);
  const model = await open(metadata, artefact);
  try {
    const form = formFor(model.metadata, facts);
    const size = await warmUp(model, form);
    return { form, model, warmedUp: size !== undefined, reason: await aloneBecause(model, facts, size) };
  } catch (error) {
    await model.close();
    throw error;
  }
}

/** Answers what is queued, and frees the model. */
export async function release({ batcher, model }: ServedModel): Promise<void> {
  await batcher.drained();
  await model.close();
}
