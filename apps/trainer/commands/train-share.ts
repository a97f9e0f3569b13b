import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import {
  listVersions,
  type ModelMetadata,
  ModelName,
  RegistryError,
  readMetadata,
  UserError,
} from "../../registry/index.ts";
import { type Plan, RunId, readPlans } from "../distributed/plan.ts";
import { runFolder } from "../distributed/run-folder.ts";
import { LEADER, RunFinished, VolumeWorkerGroup } from "../distributed/volume-worker-group.ts";
import { type PreparedTraining, prepareTraining, type TrainRequest, train } from "./train-model.ts";

/** The part of a worker in a run. */
export interface ShareRequest {
  readonly run: string;
  /** Number of workers. */
  readonly workers: number;
  /** Number of this worker, from 0; worker 0 merges and publishes. */
  readonly worker: number;
  /** Maximum time without a heartbeat of a worker that is waited for, in seconds. */
  readonly workerTimeoutSeconds: number;
  /** Compute missing shares of other workers instead of waiting for them. */
  readonly computeMissing: boolean;
}

/**
 * Trains as one worker of a distributed run. Returns the published version for worker 0, and for a worker that starts after
 * the run is finished; undefined for the other workers.
 *
 * @throws UserError if another worker sends no heartbeat, or was started with other settings
 */
export async function trainShare(request: TrainRequest, share: ShareRequest): Promise<ModelMetadata | undefined> {
  const { run, workers, worker } = share;
  if (worker >= workers) {
    throw new UserError(`worker ${worker} of ${workers}: workers are numbered from 0 to ${workers - 1}`);
  }
  const prepared = await prepareTraining(request);
  const published = () => findPublished(request.models, prepared.model, run);
  const earlier = await published();
  if (earlier) return earlier;
  const group = await VolumeWorkerGroup.join({
    models: request.models,
    run,
    worker,
    plan: await makePlan(prepared, workers),
    workerTimeoutMs: share.workerTimeoutSeconds * 1000,
    computeMissing: share.computeMissing,
    log: prepared.log,
  });
  try {
    const { publish } = await train(prepared, group);
    if (worker !== LEADER) return undefined;
    return await group.publishOnce(published, () => publish({ id: run, workers }));
  } catch (error) {
    if (error instanceof RunFinished) return await published();
    throw error;
  } finally {
    group.leave();
  }
}

export interface MergeRequest {
  /** Root of the models volume. */
  readonly models: string;
  readonly model: string;
  readonly run: string;
  /** Root of the data volume, if there is one. */
  readonly dataVolume: string | undefined;
}

/**
 * Finishes a run by hand: merges the shares of its workers, computes the missing ones and publishes the version. Returns the
 * version of a run that is already finished.
 *
 * @throws UserError if there is no such run
 */
export async function mergeRun({ models, model, run, dataVolume }: MergeRequest): Promise<ModelMetadata> {
  if (!RunId.safeParse(run).success || !ModelName.safeParse(model).success) throw noRun(models, model, run);
  const earlier = await findPublished(models, model, run);
  if (earlier) return earlier;
  const [first] = await readPlans(runFolder(models, model, run));
  if (!first) throw noRun(models, model, run);
  const [, { task, version, data, parameters, seed, minAccuracy, maxError, workers }] = first;
  const metadata = await trainShare(
    { models, task, model, version, data, dataVolume, parameters, seed, minAccuracy, maxError },
    { run, workers, worker: LEADER, workerTimeoutSeconds: Number.POSITIVE_INFINITY, computeMissing: true },
  );
  if (!metadata) throw noRun(models, model, run);
  return metadata;
}

function noRun(models: string, model: string, run: string): UserError {
  return new UserError(`there is no run ${run} of model ${model} on ${models}: no worker has written anything there`);
}

/** The version that a run has published; undefined if there is none. */
async function findPublished(models: string, model: string, run: string): Promise<ModelMetadata | undefined> {
  for (const version of (await listVersions(models, model)).toReversed()) {
    try {
      const metadata = await readMetadata(models, model, version);
      if (metadata.run?.id === run) return metadata;
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
    }
  }
  return undefined;
}

async function makePlan({ request, task, model, version, file }: PreparedTraining, workers: number): Promise<Plan> {
  const { data, seed, minAccuracy, maxError } = request;
  const sha256 = file === undefined ? undefined : await hashFile(file);
  return {
    task: task.name,
    model,
    version,
    parameters: { ...task.parameters },
    seed,
    workers,
    ...(data === undefined ? {} : { data }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(minAccuracy === undefined ? {} : { minAccuracy }),
    ...(maxError === undefined ? {} : { maxError }),
  };
}

/** SHA-256 of a file in hexadecimal; undefined if it cannot be read, which the task then reports. */
async function hashFile(file: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk);
  } catch {
    return undefined;
  }
  return hash.digest("hex");
}
