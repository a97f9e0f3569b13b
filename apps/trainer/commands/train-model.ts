import path from "node:path";
import {
  assertVersionFree,
  type ModelMetadata,
  ModelName,
  ModelVersion,
  publishVersion,
  UserError,
} from "../../registry/index.ts";
import { findAccelerators } from "../accelerators.ts";
import { SAMPLES } from "../data/samples.ts";
import { findDataFile } from "../input/data-file.ts";
import { jobFromEnvironment } from "../job.ts";
import { singleWorker, type WorkerGroup } from "../learn/workers/worker-group.ts";
import { createLog, type TrainingLog } from "../log.ts";
import { sourceCommit } from "../source-commit.ts";
import { type PreparedTask, prepareTask } from "../tasks/index.ts";
import type { Parameters, TrainedModel } from "../tasks/task.ts";

export interface TrainRequest {
  readonly task: string;
  /** Root of the models volume. */
  readonly models: string;
  /** Model name; undefined for the default of the task. */
  readonly model: string | undefined;
  /** A number, or "next". */
  readonly version: string;
  /** Data file, on the data volume or a path; undefined for the sample data, or generated data. */
  readonly data: string | undefined;
  /** Root of the data volume, if there is one. */
  readonly dataVolume?: string | undefined;
  readonly parameters: Parameters;
  /** Environment variables for hyper-parameters that are not given; undefined for none. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly seed: number;
  /** Minimum held-out accuracy for publishing, 0–1; undefined for no minimum. */
  readonly minAccuracy: number | undefined;
  /** Maximum held-out root mean square error for publishing, in the unit of the target; undefined for no maximum. */
  readonly maxError?: number | undefined;
}

/** A checked request, with the path of its data file. */
export interface PreparedTraining {
  readonly request: TrainRequest;
  readonly task: PreparedTask;
  readonly model: string;
  /** A number, or "next". */
  readonly version: string;
  readonly file: string | undefined;
  readonly log: TrainingLog;
}

/**
 * Checks a request.
 *
 * @throws UserError if it is not valid
 */
export async function prepareTraining(request: TrainRequest): Promise<PreparedTraining> {
  const task = prepareTask(request.task, request.parameters, request.environment);
  const model = checked(ModelName, "model name", request.model ?? task.model);
  const version = request.version === "next" ? "next" : checked(ModelVersion, "version", request.version);
  if (request.data !== undefined && !task.takesData)
    throw new UserError(`task ${task.name} generates its data: omit --data`);
  const file =
    request.data === undefined
      ? task.sample && path.join(SAMPLES, task.sample)
      : await findDataFile(request.data, request.dataVolume);
  return { request, task, model, version, file, log: createLog({ task: task.name, model }) };
}

/**
 * Trains one model and publishes it.
 *
 * @throws UserError if it cannot; then nothing is published
 */
export async function trainModel(request: TrainRequest): Promise<ModelMetadata> {
  const prepared = await prepareTraining(request);
  const { publish } = await train(prepared, singleWorker);
  return publish();
}

/**
 * Trains together with the other workers. The result is the same for all of them.
 *
 * @throws VersionExistsError if the version exists already
 */
export async function train(
  { request, task, model, version, file, log }: PreparedTraining,
  workers: WorkerGroup,
): Promise<{ readonly publish: (run?: ModelMetadata["run"]) => Promise<ModelMetadata> }> {
  if (version !== "next") await assertVersionFree(request.models, model, version);
  const accelerators = findAccelerators().join(",") || "none";
  log.event("training", { ...task.parameters, version, seed: request.seed, accelerators });
  const started = performance.now();
  const trained = await task.train({ seed: request.seed, file, log, workers });
  const durationSeconds = Math.round(performance.now() - started) / 1000;
  return {
    async publish(run) {
      assertGoodEnough(task.name, trained, request);
      const metadata = await publishVersion({
        root: request.models,
        model,
        version,
        artifact: trained.graph,
        description: {
          description: trained.description,
          ...(trained.accuracy === undefined ? {} : { accuracy: trained.accuracy }),
          metrics: trained.metrics,
          signature: trained.signature,
          ...(trained.data && { data: { source: dataSource(request.data, task.sample), ...trained.data } }),
          task: task.name,
          hyperparameters: task.parameters,
          seed: request.seed,
          commit: sourceCommit(process.env),
          trainedDate: new Date().toISOString().slice(0, 10),
          durationSeconds,
          ...jobFromEnvironment(process.env),
          ...(run && { run }),
        },
      });
      log.event("published", { version: metadata.version, durationSeconds });
      return metadata;
    },
  };
}

function dataSource(given: string | undefined, sample: string | undefined): string {
  return given ?? (sample === undefined ? "generated" : `sample:${sample}`);
}

function assertGoodEnough(
  task: string,
  { accuracy, metrics }: Pick<TrainedModel, "accuracy" | "metrics">,
  { minAccuracy, maxError }: Pick<TrainRequest, "minAccuracy" | "maxError">,
): void {
  if (minAccuracy !== undefined) {
    if (accuracy === undefined) throw new UserError(`task ${task} has no accuracy: omit --min-accuracy`);
    if (accuracy < minAccuracy) {
      throw new UserError(
        `not published: held-out accuracy ${accuracy.toFixed(4)} is below --min-accuracy ${minAccuracy}; train on more or better data, or lower it`,
      );
    }
  }
  if (maxError !== undefined) {
    const error = metrics["rmse"];
    if (error === undefined) throw new UserError(`task ${task} has no RMSE: omit --max-error`);
    if (error > maxError) {
      throw new UserError(
        `not published: held-out RMSE ${Number(error.toPrecision(4))} is above --max-error ${maxError}; train on more or better data, or raise it`,
      );
    }
  }
}

function checked(schema: typeof ModelName | typeof ModelVersion, what: string, value: string): string {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UserError(`${what} "${value}": ${parsed.error.issues[0]?.message}`);
}
