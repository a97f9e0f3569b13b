import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { describeFault, errorMessage, UserError } from "../../registry/errors.ts";
import { CONFIG_FILE, MODEL_FILE, TOKENIZER_CONFIG_FILE, TOKENIZER_FILE } from "../../registry/layout.ts";
import { isBelow, ModelMetadata, type Signature } from "../../registry/metadata.ts";
import { type ExternalData, publishVersion, type VersionDescription } from "../../registry/publish.ts";
import { exists } from "../../registry/read.ts";
import { type GraphFacts, graphFacts } from "../model/graph/facts.ts";
import { fieldsOf, textsOf } from "../model/graph/message.ts";
import { onnxOpener } from "../model/onnx.ts";
import { TensorMemory } from "../model/tensor-memory.ts";
import { TextModel } from "../model/text/text-model.ts";
import { readNamedRows } from "../protocols/predict/tensors.ts";
import { type OpenedModel, openModel } from "../repository/served-model.ts";
import { readTextFiles } from "../repository/text-files.ts";
import { type ExampleRequest, exampleRequest } from "./example.ts";
import { type FoundModel, findInFolder } from "./folder.ts";
import { readHead } from "./head.ts";
import { wrongFile } from "./wrong-file.ts";

/** What to import, and under which name. */
export interface ImportRequest {
  /** A graph, or a folder with one. */
  readonly given: string;
  /** Root of the registry. */
  readonly models: string;
  readonly name: string;
  /** A number, or "next". @default the number that the model has in its repository, or "next" */
  readonly version?: string | undefined;
}

/** An imported model. */
export interface Imported {
  readonly metadata: ModelMetadata;
  /** A request that it answers; undefined if that would be too long for a command line. */
  readonly example: ExampleRequest | undefined;
  /** What was left out or is served otherwise, one line each. */
  readonly notes: readonly string[];
}

/**
 * Publishes a model from elsewhere as a version. It is opened and run first, so that one that cannot be served is not published.
 *
 * @throws UserError with what is wrong and what would work
 */
export async function importModel({ given, models, name, version }: ImportRequest): Promise<Imported> {
  const found = await findModel(given);
  const { artifact, facts } = await readGraph(found.graph);
  const externalData = await readWeights(found.graph, facts);
  const signature = { ...(found.maxBatchSize !== undefined && { maxBatchSize: found.maxBatchSize }) };
  const metadata = ModelMetadata.parse({
    name,
    version: "1",
    framework: "onnx",
    signature,
    // Not verified here: it has just been read.
    artifact: { file: MODEL_FILE, sha256: "0".repeat(64), bytes: artifact.byteLength },
  });
  const deps = { open: onnxOpener(1), memory: new TensorMemory() };
  const beside = await companionFolder(found.graph);
  const text = await readTextFiles(beside);
  const published = { metadata, artifact, externalData, ...(text !== undefined && { text }), notes: [] };
  const opened = await openModel(published, deps).catch((error: unknown) => {
    throw new UserError(`${found.graph} cannot be served: ${errorMessage(error)}`);
  });
  try {
    const labeled = withLabels(opened.model.metadata.signature, found.labels);
    const isText = opened.model instanceof TextModel;
    const imported = await publishVersion({
      root: models,
      model: name,
      version: version ?? found.version ?? "next",
      artifact,
      externalData,
      companions: isText ? await readCompanions(beside) : [],
      // The server makes the rest of it from the graph and the tokenizer.
      description: descriptionOf(
        artifact,
        isText ? { ...labeled.signature, inputs: [], outputs: [] } : labeled.signature,
      ),
    });
    const batches = opened.reason === undefined ? [] : [`requests are not batched: ${opened.reason}`];
    const notes = [...found.notes, ...opened.notes, ...labeled.notes, ...batches];
    return {
      metadata: isText ? { ...imported, signature: labeled.signature } : imported,
      example: await workingExample(opened),
      notes,
    };
  } finally {
    await opened.model.close();
  }
}

async function findModel(given: string): Promise<FoundModel> {
  const found = await stat(given).catch((error: unknown) => {
    throw describeFault("cannot read", given, error);
  });
  return found.isDirectory() ? findInFolder(given) : { graph: given, notes: [] };
}

async function readGraph(file: string): Promise<{ readonly artifact: Buffer; readonly facts: GraphFacts }> {
  const head = await readHead(file);
  const kind = head && wrongFile(head, file);
  if (kind !== undefined) throw new UserError(`${file} ${kind}`);
  const artifact = await readFile(file).catch((error: unknown) => {
    throw describeFault("cannot read", file, error);
  });
  try {
    return { artifact, facts: graphFacts(artifact) };
  } catch {
    throw new UserError(
      `${file} is not an ONNX graph, nor another format that is known here; export the model as ONNX`,
    );
  }
}

/** The folder of the tokenizer: exporters for the Hugging Face Hub put graphs into `onnx/` below it. */
async function companionFolder(graph: string): Promise<string> {
  const folder = path.dirname(path.resolve(graph));
  const isBeside = await exists(path.join(folder, TOKENIZER_FILE));
  return isBeside || path.basename(folder) !== "onnx" ? folder : path.dirname(folder);
}

/** The tokenizer and its configuration, byte for byte. */
async function readCompanions(folder: string): Promise<ExternalData[]> {
  const companions: ExternalData[] = [];
  for (const file of [TOKENIZER_FILE, TOKENIZER_CONFIG_FILE, CONFIG_FILE]) {
    if (await exists(path.join(folder, file))) companions.push({ file, data: await readFile(path.join(folder, file)) });
  }
  return companions;
}

async function readWeights(graph: string, { externalFiles }: GraphFacts): Promise<ExternalData[]> {
  const externalData: ExternalData[] = [];
  for (const location of externalFiles) {
    if (!isBelow(location))
      throw new UserError(`${graph} takes weights from "${location}", which is not below its folder`);
    const file = path.join(path.dirname(graph), location);
    const data = await readFile(file).catch(() => {
      throw new UserError(
        `${graph} takes weights from ${location}, which is not beside it: exporters write both files; copy both`,
      );
    });
    externalData.push({ file: location, data });
  }
  return externalData;
}

/** The signature with the classes that the files around the graph name, if the graph does not name them itself. */
function withLabels(signature: Signature, labels?: readonly string[]): { signature: Signature; notes: string[] } {
  if (labels === undefined || signature.labels !== undefined) return { signature, notes: [] };
  const fits = signature.outputs.some(
    ({ shape }) => shape.length > 1 && [labels.length, -1].includes(shape.at(-1) ?? 0),
  );
  const note = `the ${labels.length} labels beside the graph were left out: no output has so many columns`;
  return fits ? { signature: { ...signature, labels: [...labels] }, notes: [] } : { signature, notes: [note] };
}

function descriptionOf(artifact: Uint8Array, signature: Signature): VersionDescription {
  const fields = fieldsOf(artifact);
  const producer = [textsOf(fields, 2)[0], textsOf(fields, 3)[0]].filter(Boolean).join(" ");
  return {
    description: producer === "" ? "Imported." : `Imported; exported by ${producer}.`,
    signature,
    task: "import",
    metrics: {},
    hyperparameters: {},
    seed: 0,
    commit: "unknown",
    trainedDate: "unknown",
    durationSeconds: 0,
  };
}

/** A request that the model was seen to answer; if there is none, one of the right form. */
async function workingExample(opened: OpenedModel): Promise<ExampleRequest | undefined> {
  const { model, size = 1, wrongRows } = opened;
  const byName = model.batched && !wrongRows && model.metadata.signature.inputs.length > 0;
  const examples = ([1, 0] as const).map((filler) => exampleRequest(model, byName, size, filler));
  for (const example of byName ? examples : []) {
    if (example === undefined) continue;
    try {
      const memory = new TensorMemory();
      const body = Buffer.from(JSON.stringify(example.body));
      await model.run(readNamedRows(body, model, { maxRows: 1, memory }).inputs);
      return example;
    } catch {
      // The graph rejects these values.
    }
  }
  return examples[0];
}
