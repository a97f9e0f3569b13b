import { errorMessage } from "../../registry/errors.ts";
import { versionDirectory } from "../../registry/layout.ts";
import type { ModelMetadata } from "../../registry/metadata.ts";
import { Batcher } from "../batching/batcher.ts";
import type { BatchingState } from "../batching/state.ts";
import { whyUnbatchable } from "../batching/unbatchable.ts";
import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { ModelMetrics } from "../metrics/model-metrics.ts";
import { graphFacts } from "../model/graph-facts.ts";
import type { Model, OpenModel } from "../model/model.ts";
import type { FindRequestSchema, RequestSchema } from "../payload/request-schema.ts";
import type { Settings } from "../settings.ts";
import { readVersion } from "./published.ts";
import { warmUp } from "./warm-up.ts";

/** A model that serves requests: loaded, warmed up, and with a queue. */
export interface ServedModel {
  readonly model: Model;
  /** How its kind of requests is read; undefined if it takes tensors only. */
  readonly schema: RequestSchema | undefined;
  readonly batcher: Batcher;
  readonly metrics: ModelMetrics;
  /** Whether the warm-up run succeeded: some models reject zeros. */
  readonly warmedUp: boolean;
}

/** What it takes to open a version. */
export interface OpenDeps {
  readonly settings: Pick<Settings, "modelDirectory" | "maxBatchSize" | "maxQueueSize">;
  readonly open: OpenModel;
  /** Finds the request schema of a model. @default models take tensors only */
  readonly findSchema?: FindRequestSchema;
  readonly batching: BatchingState;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/**
 * Reads a published version, verifies it, opens it and runs it once.
 *
 * @throws RegistryError if it is missing, incomplete or corrupted; Error if it cannot be run as its metadata says.
 */
export async function openVersion(name: string, version: string, deps: OpenDeps): Promise<ServedModel> {
  const { settings, batching, metrics, logger } = deps;
  const { metadata, artifact } = await readVersion(settings.modelDirectory, name, version);
  const { schema, model, warmedUp, reason } = await openModel(metadata, artifact, deps).catch((error: unknown) => {
    const directory = versionDirectory(settings.modelDirectory, name, version);
    throw new Error(`${directory}: ${errorMessage(error)}`, { cause: error });
  });
  const recorder = metrics.model(metadata.name, metadata.version);
  const { maxBatchSize, maxQueueSize } = settings;
  const logUnbatchable = (reason: string) =>
    logger.info(
      { model: metadata.name, version: metadata.version, reason },
      "requests are not batched; maxBatchSize in the signature sets how many rows may share a run",
    );
  if (reason !== undefined) {
    logUnbatchable(reason);
  }
  const batcher = new Batcher(model, {
    ...batching,
    maxBatchSize,
    maxQueueSize,
    observer: recorder,
    unbatchable: reason !== undefined,
    onUnbatchable: ({ message }) => logUnbatchable(message),
  });
  recorder.waiting = () => batcher.waiting;
  metrics.modelLoaded(metadata);
  return { model, schema, batcher, metrics: recorder, warmedUp };
}

async function openModel(
  metadata: ModelMetadata,
  artifact: Uint8Array,
  { open, findSchema = () => undefined, batching: { memory } }: OpenDeps,
) {
  // Before the model is opened, because a worker thread takes over the artifact's memory.
  const facts = graphFacts(artifact);
  const model = await open(metadata, artifact);
  try {
    const schema = findSchema(model.metadata, facts);
    const size = await warmUp(model, schema, memory);
    const reason = await whyUnbatchable(model, facts, size, memory);
    return { schema, model, warmedUp: size !== undefined, reason };
  } catch (error) {
    await model.close();
    throw error;
  }
}

/** Answers the queued requests, then frees the model. */
export async function release({ batcher, model }: ServedModel): Promise<void> {
  await batcher.drained();
  await model.close();
}
