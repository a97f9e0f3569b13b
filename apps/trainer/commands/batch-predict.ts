import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import path from "node:path";
import { makeDirectory } from "../../registry/durable.ts";
import {
  describeFault,
  isBare,
  METADATA_FILE,
  MODEL_FILE,
  type ModelMetadata,
  ModelName,
  ModelVersion,
  RegistryError,
  readMetadata,
  readPublished,
  UserError,
  versionDirectory,
} from "../../registry/index.ts";
import { withLock } from "../../registry/lock.ts";
import { findDataFile } from "../input/data-file.ts";
import { readFailure } from "../input/table/table.ts";
import { createLog } from "../log.ts";
import { lineFormat } from "../score/lines.ts";
import { ResumableOutput } from "../score/output.ts";
import type { Prediction } from "../score/prediction.ts";
import { readRows, type ScoringRow } from "../score/rows.ts";
import { openScorer, type Scorer } from "../score/scorer.ts";
import { syntheticRows } from "../score/synthetic.ts";

/** Rows per run of the graph. The features of a text model are dense, so this limits memory. */
const ROWS_PER_RUN = 128;
/** Runs of the graph between two checkpoints. */
const RUNS_PER_CHECKPOINT = 16;

export interface BatchPredictRequest {
  /** Root of the models volume. */
  readonly models: string;
  readonly model: string;
  /** A number, or "latest". */
  readonly version: string;
  /** Root of the data volume, if there is one. */
  readonly dataVolume: string | undefined;
}

export interface FileRequest extends BatchPredictRequest {
  /** CSV or JSONL, on the data volume or a path. */
  readonly input: string;
  /** CSV or JSONL, on the data volume if it is a relative path. */
  readonly output: string;
}

/**
 * Scores every row of a file. The output has the fields of the row, then `prediction` and, for a classifier, `confidence`. It
 * appears atomically when it is complete. The next run over the same file and model resumes an interrupted run.
 */
export async function predictFile(request: FileRequest): Promise<string[]> {
  const metadata = await findVersion(request);
  const input = await findDataFile(request.input, request.dataVolume);
  const output = path.resolve(request.dataVolume ?? ".", request.output);
  const log = createLog({ model: metadata.name, version: metadata.version });
  const identity = {
    input: await fingerprint(input),
    model: metadata.name,
    version: metadata.version,
    artifact: metadata.artifact.sha256,
  };
  const scorer = await openScorer(request.models, metadata);
  try {
    await makeDirectory(path.dirname(output));
    const { rows, resumed } = await withLock(`${output}.lock`, async () => {
      const written = await ResumableOutput.open(output, identity);
      const before = written.rows;
      if (before > 0) log.event("resumed", { rows: before });
      try {
        await scoreAll(scorer, input, output, written, (rows) => log.event("scored", { rows }));
      } catch (error) {
        if (error instanceof UserError) await written.discard();
        throw error;
      }
      await written.finish();
      return { rows: written.rows, resumed: before };
    });
    return [
      `${rows} rows of ${input} scored with ${metadata.name} version ${metadata.version}`,
      ...(resumed > 0 ? [`  resumed after row ${resumed}, where an earlier run was interrupted`] : []),
      `  ${output}`,
    ];
  } catch (error) {
    throw describeFault("cannot write", output, error);
  } finally {
    await scorer.close();
  }
}

/** Scores generated rows and returns a line for each. */
export async function predictSynthetic(
  request: BatchPredictRequest & { readonly count: number; readonly seed: number },
): Promise<string[]> {
  const metadata = await findVersion(request);
  const scorer = await openScorer(request.models, metadata);
  try {
    const rows = await syntheticRows(scorer, request.count, request.seed);
    const predictions: Prediction[] = [];
    for (let from = 0; from < rows.length; from += ROWS_PER_RUN)
      predictions.push(...(await scorer.score(rows.slice(from, from + ROWS_PER_RUN), "generated rows")));
    return [
      `${rows.length} generated rows scored with ${metadata.name} version ${metadata.version}`,
      ...predictions.map((prediction, i) => `  ${JSON.stringify({ ...rows[i]?.fields, ...prediction })}`),
    ];
  } finally {
    await scorer.close();
  }
}

async function scoreAll(
  scorer: Scorer,
  input: string,
  output: string,
  written: ResumableOutput,
  onCheckpoint: (rows: number) => void,
): Promise<void> {
  const format = lineFormat(output);
  let passed = 0;
  let waiting: ScoringRow[] = [];
  const flush = async () => {
    let text = "";
    for (let from = 0; from < waiting.length; from += ROWS_PER_RUN) {
      const rows = waiting.slice(from, from + ROWS_PER_RUN);
      const predictions = await scorer.score(rows, input);
      rows.forEach((row, i) => {
        const prediction = predictions[i];
        if (prediction === undefined) return;
        if (written.rows === 0 && text === "") text += format.header(row, prediction);
        text += format.line(row, prediction);
      });
    }
    await written.append(text, waiting.length);
    onCheckpoint(written.rows);
    waiting = [];
  };
  const done = written.rows;
  for await (const row of readRows(input)) {
    if (passed++ < done) continue;
    waiting.push(row);
    if (waiting.length === ROWS_PER_RUN * RUNS_PER_CHECKPOINT) await flush();
  }
  if (waiting.length > 0) await flush();
  if (written.rows === 0) throw new UserError(`${input} has no rows: it needs the columns ${scorer.fields.join(", ")}`);
}

async function findVersion({ models, model, version }: BatchPredictRequest): Promise<ModelMetadata> {
  if (!ModelName.safeParse(model).success || !(version === "latest" || ModelVersion.safeParse(version).success))
    throw new UserError(
      `"${model}" version "${version}" is not valid: a model has a lower-case name, and its versions are numbers`,
    );
  if (version !== "latest") return described(models, model, version);
  const index = await readPublished(models);
  const found = index.models.find(({ name }) => name === model);
  if (found) return described(models, model, found.latest);
  const names = index.models.map(({ name }) => name);
  throw new RegistryError(
    `there is no model ${model} in ${models}: ${names.length > 0 ? `it has ${names.join(", ")}` : "it has none; train one first"}`,
  );
}

/** The metadata of a version, which names its columns. */
async function described(models: string, model: string, version: string): Promise<ModelMetadata> {
  if (await isBare(models, model, version)) {
    const graph = path.join(versionDirectory(models, model, version), MODEL_FILE);
    throw new RegistryError(
      `${graph} has no ${METADATA_FILE} beside it, so its columns are not known: npm run import -- ${graph} --name ${model} --models ${models}`,
    );
  }
  return readMetadata(models, model, version);
}

async function fingerprint(file: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk);
  } catch (error) {
    throw new UserError(`cannot read ${file}: ${readFailure(error)}; give the rows to score with --input FILE`);
  }
  return hash.digest("hex");
}
