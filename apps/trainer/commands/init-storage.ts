import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { makeDirectory, replaceDurably } from "../../registry/durable.ts";
import {
  describeFault,
  errorMessage,
  exists,
  listVersions,
  ModelName,
  ModelVersion,
  UserError,
  updateIndex,
  VersionExistsError,
} from "../../registry/index.ts";
import { sweepTemporaries } from "../../registry/sweep.ts";
import { SAMPLE_FILES, SAMPLES } from "../data/samples.ts";
import { prepareTask } from "../tasks/index.ts";
import { trainModel } from "./train-model.ts";
import { volumeTree } from "./volume-tree.ts";

/** The versions that a models volume has to have. */
const StorageSpec = z.array(
  z.strictObject({
    model: ModelName,
    version: ModelVersion,
    task: z.string(),
    parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
    seed: z.int().default(42),
    /** Minimum held-out accuracy; below it nothing is published and the command fails. */
    minAccuracy: z.number().min(0).max(1).optional(),
  }),
);
export type StorageSpec = z.infer<typeof StorageSpec>;

/** The default specification: a model of every task, and two versions of the sentiment classifier. */
export const DEFAULT_SPEC = JSON.stringify([
  { model: "sentiment-classifier", version: "1", task: "sentiment", parameters: { ngrams: 1 } },
  { model: "sentiment-classifier", version: "2", task: "sentiment", parameters: { ngrams: 2 } },
  { model: "iris", version: "1", task: "iris" },
  { model: "timeseries", version: "1", task: "timeseries" },
  { model: "half_plus_two", version: "1", task: "half_plus_two" },
  { model: "tabular", version: "1", task: "tabular" },
]);

export interface InitStorageRequest {
  /** Root of the models volume. */
  readonly models: string;
  /** Root of the data volume; false if there is none. */
  readonly data: string | false;
  /** Required versions as JSON: `[{model, version, task, parameters?, seed?, minAccuracy?}, …]`. */
  readonly spec: string;
}

/**
 * Initializes both volumes: copies missing sample data sets, trains missing versions of the specification, and updates the
 * index. Overwrites nothing and can be run again. Returns lines that report what was done and show the resulting tree.
 */
export async function initStorage(request: InitStorageRequest): Promise<string[]> {
  const spec = parseSpec(request.spec);
  const lines = request.data === false ? [] : await copySamples(request.data);
  for (const entry of spec) lines.push(await ensureVersion(request.models, entry));
  const { problems } = await updateIndex(request.models);
  return [
    ...lines,
    ...problems.map((problem) => `left out of the index: ${problem}`),
    ...(await volumeTree(request.models)),
  ];
}

function parseSpec(text: string): StorageSpec {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new UserError(`the storage specification is not JSON: ${errorMessage(error)}`);
  }
  const parsed = StorageSpec.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError(`the storage specification: ${issue && z.core.toDotPath(issue.path)}: ${issue?.message}`);
  }
  // Checks every entry before training starts.
  for (const entry of parsed.data) prepareTask(entry.task, entry.parameters);
  return parsed.data;
}

async function copySamples(data: string): Promise<string[]> {
  const lines: string[] = [];
  try {
    await makeDirectory(data);
    await sweepTemporaries(data);
    for (const name of SAMPLE_FILES) {
      const target = path.join(data, name);
      if (await exists(target)) {
        lines.push(`${target} exists already`);
        continue;
      }
      await replaceDurably(target, await readFile(path.join(SAMPLES, name)));
      lines.push(`${target} copied`);
    }
  } catch (error) {
    throw describeFault("cannot write", data, error);
  }
  return lines;
}

async function ensureVersion(models: string, entry: StorageSpec[number]): Promise<string> {
  const name = `${entry.model} version ${entry.version}`;
  if ((await listVersions(models, entry.model)).includes(entry.version)) return `${name} exists already`;
  try {
    const metadata = await trainModel({ ...entry, models, data: undefined, minAccuracy: entry.minAccuracy });
    return `${name} trained in ${metadata.durationSeconds} s`;
  } catch (error) {
    // Another process has published it in the meantime.
    if (error instanceof VersionExistsError) return `${name} exists already`;
    throw error;
  }
}
