import path from "node:path";
import {
  assertVersionFree,
  type ModelMetadata,
  ModelName,
  ModelVersion,
  publishVersion,
} from "../../registry/index.ts";
import { UserError } from "../errors.ts";
import { createLog } from "../log.ts";
import { runFromEnvironment } from "../run.ts";
import { SAMPLES } from "../samples.ts";
import { prepareTask } from "../tasks/index.ts";
import type { Parameters } from "../tasks/task.ts";

export interface TrainRequest {
  readonly task: string;
  /** Root of the models volume. */
  readonly models: string;
  /** Model name; the task's own where undefined. */
  readonly model: string | undefined;
  /** A number, or "next". */
  readonly version: string;
  /** Data file; the sample that ships where undefined. */
  readonly data: string | undefined;
  readonly parameters: Parameters;
  readonly seed: number;
  /** Refuse to publish below this held-out accuracy, 0–1; undefined publishes whatever comes out. */
  readonly minAccuracy: number | undefined;
}

/** Trains one model and publishes it. Throws `UserError` or `RegistryError` where it cannot; then nothing is published. */
export async function trainModel(request: TrainRequest): Promise<ModelMetadata> {
  const task = prepareTask(request.task, request.parameters);
  const model = checked(ModelName, "model name", request.model ?? task.model);
  const version = request.version === "next" ? "next" : checked(ModelVersion, "version", request.version);
  if (version !== "next") await assertVersionFree(request.models, model, version);
  if (request.data !== undefined && task.sample === undefined)
    throw new UserError(`task ${task.name} makes its own data: leave --data out`);
  const log = createLog({ task: task.name, model });
  const file = request.data ?? (task.sample && path.join(SAMPLES, task.sample));
  log.event("training", { ...task.parameters, version, seed: request.seed });
  const started = performance.now();
  const trained = await task.train({ seed: request.seed, file, log });
  const durationSeconds = Math.round(performance.now() - started) / 1000;
  assertGoodEnough(task.name, trained.accuracy, request.minAccuracy);
  const metadata = await publishVersion({
    root: request.models,
    model,
    version,
    artefact: trained.graph,
    description: {
      description: trained.description,
      ...(trained.accuracy === undefined ? {} : { accuracy: trained.accuracy }),
      metrics: trained.metrics,
      signature: trained.signature,
      ...(trained.data && { data: { source: dataSource(request.data, task.sample), ...trained.data } }),
      task: task.name,
      hyperparameters: task.parameters,
      seed: request.seed,
      commit: process.env["GIT_COMMIT"] || "unknown",
      trainedDate: new Date().toISOString().slice(0, 10),
      durationSeconds,
      ...runFromEnvironment(process.env),
    },
  });
  log.event("published", { version: metadata.version, durationSeconds });
  return metadata;
}

function dataSource(given: string | undefined, sample: string | undefined): string {
  return given ?? `sample:${sample}`;
}

function assertGoodEnough(task: string, accuracy: number | undefined, minimum: number | undefined): void {
  if (minimum === undefined) return;
  if (accuracy === undefined) throw new UserError(`task ${task} has no accuracy: leave --min-accuracy out`);
  if (accuracy >= minimum) return;
  throw new UserError(
    `not published: held-out accuracy ${accuracy.toFixed(4)} is below --min-accuracy ${minimum}; train on more or better data, or lower it`,
  );
}

function checked(schema: typeof ModelName | typeof ModelVersion, what: string, value: string): string {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UserError(`${what} "${value}": ${parsed.error.issues[0]?.message}`);
}
