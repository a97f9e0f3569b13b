import { readArguments, runProgram, UserError } from "../registry/errors.ts";
import { versionDirectory } from "../registry/layout.ts";
import { ModelName, ModelVersion, type TensorSpec } from "../registry/metadata.ts";
import { curlCommand } from "./import/example.ts";
import { type Imported, importModel } from "./import/import-model.ts";

const USAGE = `Imports a model from elsewhere into a registry folder: opens it, runs it once, and publishes it with its metadata.

  npm run import -- FILE_OR_FOLDER --name NAME --models DIR [--version V]

  FILE_OR_FOLDER   an ONNX graph, with its external data beside it; or the folder of a Hugging Face exporter, of an MLflow
                   model with the flavor onnx, or of a model in a Triton, KServe or MLServer repository
  --name NAME      name of the model: letters, digits, '-', '_' and '.'
  --models DIR     registry folder, as "npm run train" writes it; created if it is not there
  --version V      a number, or "next" (the number in the repository that it comes from, or next)`;

async function main(): Promise<void> {
  const { values, positionals } = readArguments({
    allowPositionals: true,
    options: {
      name: { type: "string" },
      models: { type: "string" },
      version: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const [given, ...more] = positionals;
  const { name, models, version } = values;
  if (given === undefined || given === "") throw new UserError("name the file or folder to import; see --help");
  if (more.length > 0)
    throw new UserError(`import one file or folder at a time, not also ${more.join(" ")}; see --help`);
  if (!name) throw new UserError("--name is missing: name the model, such as --name flowers");
  if (!models) throw new UserError("--models is missing: name the registry folder, such as --models ./models");
  const issue = ModelName.safeParse(name).error?.issues[0]?.message;
  if (issue !== undefined) throw new UserError(`--name ${name}: ${issue}`);
  if (version !== undefined && version !== "next" && !ModelVersion.safeParse(version).success) {
    throw new UserError(`--version ${version}: must be a positive integer such as 2, or next`);
  }
  for (const line of report(models, await importModel({ given, models, name, version }))) console.log(line);
}

function report(models: string, { metadata, example, notes }: Imported): string[] {
  const { name, version, signature } = metadata;
  return [
    `Imported ${name} version ${version} into ${versionDirectory(models, name, version)}`,
    ...signature.inputs.map((input) => `  input   ${describeTensor(input)}`),
    ...signature.outputs.map((output) => `  output  ${describeTensor(output)}`),
    ...(signature.labels === undefined ? [] : [`  classes ${listed(signature.labels)}`]),
    ...notes.map((note) => `  note    ${note}`),
    "Serve it, and ask for a prediction:",
    `  npm run serve -- --models ${models}`,
    example === undefined
      ? `  curl http://127.0.0.1:8080/v2/models/${name}    # a request with all elements would be too long for a line`
      : `  ${curlCommand(example)}`,
  ];
}

function describeTensor({ name, datatype, shape }: TensorSpec): string {
  return `${name} ${datatype} [${shape.join(", ")}]`;
}

function listed(labels: readonly string[]): string {
  return labels.length <= 10 ? labels.join(", ") : `${labels.slice(0, 10).join(", ")}, … (${labels.length})`;
}

await runProgram(main);
