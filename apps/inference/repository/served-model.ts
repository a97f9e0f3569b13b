import { errorMessage } from "../../registry/errors.ts";
import { versionDirectory } from "../../registry/layout.ts";
import { Batcher } from "../batching/batcher.ts";
import type { BatchingState } from "../batching/state.ts";
import { whyUnbatchable } from "../batching/unbatchable.ts";
import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { ModelMetrics } from "../metrics/model-metrics.ts";
import { graphFacts } from "../model/graph/facts.ts";
import type { Model, OpenModel } from "../model/model.ts";
import { openText } from "../model/text/open-text.ts";
import type { FindRequestSchema, RequestSchema } from "../payload/request-schema.ts";
import type { Settings } from "../settings.ts";
import { type PublishedVersion, readVersion } from "./published.ts";
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
  readonly settings: Pick<Settings, "modelDirectory" | "maxBatchSize" | "slowBatchSize" | "maxQueueSize">;
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
  const published = await readVersion(settings.modelDirectory, name, version);
  const { metadata } = published;
  const { schema, model, warmedUp, reason, notes } = await openModel(published, {
    ...deps,
    memory: batching.memory,
  }).catch((error: unknown) => {
    const directory = versionDirectory(settings.modelDirectory, name, version);
    throw new Error(`${directory}: ${errorMessage(error)}`, { cause: error });
  });
  const recorder = metrics.model(metadata.name, metadata.version);
  const { maxBatchSize, slowBatchSize, maxQueueSize } = settings;
  const logUnbatchable = (reason: string) =>
    logger.info(
      { model: metadata.name, version: metadata.version, reason },
      "requests are not batched; maxBatchSize in the signature sets how many rows may share a run",
    );
  if (reason !== undefined) {
    logUnbatchable(reason);
  }
  for (const note of notes) {
    logger.warn({ model: metadata.name, version: metadata.version, note }, "not served as it is");
  }
  const batcher = new Batcher(model, {
    ...batching,
    maxBatchSize,
    slowBatchSize,
    maxQueueSize,
    observer: recorder,
    unbatchable: reason !== undefined,
    onUnbatchable: ({ message }) => logUnbatchable(message),
  });
  recorder.waiting = () => batcher.waiting;
  metrics.modelLoaded(metadata);
  return { model, schema, batcher, metrics: recorder, warmedUp };
}

/** A version that was opened and ran once. */
export interface OpenedModel extends Pick<ServedModel, "model" | "schema" | "warmedUp"> {
  /** A size of the open inner dimensions with which it ran; undefined if it rejects zeros. */
  readonly size: number | undefined;
  /** Whether the rows of an output are not those of the request, as of detected boxes. */
  readonly wrongRows: boolean;
  /** Why each request must be a run of its own; undefined if requests may share runs. */
  readonly reason: string | undefined;
  /** What is not served as the files say, one line each. */
  readonly notes: readonly string[];
}

/**
 * Opens a version and runs it once.
 *
 * @throws Error if it cannot be run as its metadata says.
 */
export async function openModel(
  { metadata, artifact, externalData, text, notes }: PublishedVersion,
  { open, findSchema = () => undefined, memory }: Pick<OpenDeps, "open" | "findSchema"> & Pick<BatchingState, "memory">,
): Promise<OpenedModel> {
  // Before the model is opened, because a worker thread takes over the artifact's memory.
  const facts = graphFacts(artifact);
  const graph = await open(metadata, artifact, externalData);
  try {
    const { model, notes: textNotes } = openText(graph, text, metadata);
    const schema = findSchema(model.metadata, facts);
    const { size, wrongRows } = await warmUp(model, schema, memory);
    const reason = wrongRows ?? (await whyUnbatchable(model, facts, size, memory));
    const outcome = { warmedUp: size !== undefined, size, reason, wrongRows: wrongRows !== undefined };
    return { schema, model, ...outcome, notes: [...notes, ...(model.notes ?? []), ...textNotes] };
  } catch (error) {
    await graph.close();
    throw error;
  }
}

/** Answers the queued requests, then frees the model. */
export async function release({ batcher, model }: ServedModel): Promise<void> {
  await batcher.drained();
  await model.close();
}
