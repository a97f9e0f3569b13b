import { versionDirectory } from "../../registry/layout.ts";
import type { ModelMetadata } from "../../registry/metadata.ts";
import { Batcher } from "../batcher.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { ModelMetrics } from "../metrics/model-metrics.ts";
import type { Form } from "../predict/form.ts";
import { formFor } from "../predict/forms.ts";
import { tensorOf } from "../predict/tensor-of.ts";
import type { Settings } from "../settings.ts";
import type { Model, OpenModel } from "./model.ts";
import { readVersion } from "./published.ts";
import { allocate, type Tensor, type Tensors } from "./tensor.ts";

/** A model that answers: loaded, warmed up, and behind its queue. */
export interface ServedModel {
  readonly model: Model;
  /** How `/predict` speaks with it; undefined where it takes tensors only. */
  readonly form: Form | undefined;
  readonly batcher: Batcher;
  readonly metrics: ModelMetrics;
  /** Whether it answered its warm-up: zeros may be nothing that a model of tensors can take. */
  readonly warmedUp: boolean;
}

/** What it takes to open a version. */
export interface OpenDeps {
  readonly settings: Pick<Settings, "modelDirectory" | "maxBatchSize" | "maxQueueSize">;
  readonly open: OpenModel;
  readonly metrics: Metrics;
}

/**
 * Reads a published version, checks it, opens it and has it answer once.
 *
 * @throws RegistryError where it is absent, half-written or corrupted; Error where it cannot be run as it is described.
 */
export async function openVersion(name: string, version: string, deps: OpenDeps): Promise<ServedModel> {
  const { settings, open, metrics } = deps;
  const { metadata, artefact } = await readVersion(settings.modelDirectory, name, version);
  const { form, model, warmedUp } = await openModel(metadata, artefact, open).catch((error: unknown) => {
    const directory = versionDirectory(settings.modelDirectory, name, version);
    throw new Error(`${directory}: ${error instanceof Error ? error.message : error}`, { cause: error });
  });
  const recorder = metrics.model(metadata.name, metadata.version);
  const { maxBatchSize, maxQueueSize } = settings;
  const batcher = new Batcher(model, { maxBatchSize, maxQueueSize, observer: recorder });
  recorder.waiting = () => ({ rows: batcher.depth, requests: batcher.waiting });
  metrics.modelLoaded(metadata);
  return { model, form, batcher, metrics: recorder, warmedUp };
}

async function openModel(metadata: ModelMetadata, artefact: Uint8Array, open: OpenModel) {
  const model = await open(metadata, artefact);
  try {
    const form = formFor(model.metadata);
    return { form, model, warmedUp: await warmUp(model, form) };
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

/** Whether a word comes out at all is checked here, so that a signature that does not fit its graph is never ready. */
async function warmUp(model: Model, form: Form | undefined): Promise<boolean> {
  if (form !== undefined) {
    const outputs = await model.run(tensorOf(form.input, form.sample, 1));
    checkBatch(model, outputs);
    form.word({}, outputs, 0, 1);
    return true;
  }
  let outputs: Tensors;
  try {
    outputs = await model.run(zeros(model));
  } catch {
    // Zeros may be nothing that such a model can take: its names, types and shapes have been checked against the graph.
    return false;
  }
  checkBatch(model, outputs);
  return true;
}

/** Where the first dimensions are no batch, requests that run together would get each other's answers. */
function checkBatch({ batched }: Model, outputs: Tensors): void {
  for (const [name, { shape }] of batched ? outputs : []) {
    if (shape[0] !== 1) {
      throw new Error(
        `output "${name}" has the shape [${shape}] for one row: its first dimension is not the batch; where that is right, ` +
          "set maxBatchSize to 0 in the signature",
      );
    }
  }
}

function zeros({ metadata }: Model): Tensors {
  const tensors = new Map<string, Tensor>();
  for (const { name, datatype, shape } of metadata.signature.inputs) {
    const sizes = shape.map((size) => (size === -1 ? 1 : size));
    const length = sizes.reduce((product, size) => product * size, 1);
    tensors.set(name, { datatype, shape: sizes, data: allocate(datatype, length) });
  }
  return tensors;
}
