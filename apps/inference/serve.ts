import { readdir } from "node:fs/promises";
import { errorCode, errorMessage, readArguments, UserError } from "../registry/errors.ts";
import { MODEL_FILE } from "../registry/layout.ts";
import type { RegistryIndex } from "../registry/metadata.ts";
import { isBare, readMetadata, readPublished } from "../registry/read.ts";
import { unserved } from "./repository/unserved.ts";
import { run } from "./run.ts";
import { readSettings, SettingsError } from "./settings.ts";

const USAGE = `Serves the models of a registry folder on this machine, and versions that are published later. If the folder has a
single model, requests need not name it.

  npm run serve -- --models DIR [--port N] [--grpc-port N] [--model NAME] [--version V] [--host ADDRESS]

  --models DIR     registry folder, as "npm run train" writes it
  --port N         port to listen on (8080; 0 takes a free one)
  --grpc-port N    also serve gRPC on this port (none; 0 takes a free one)
  --model NAME     which model (all of the folder); several separated by commas; '*' for all, also later ones
  --version V      which version (latest)
  --host ADDRESS   address to listen on (127.0.0.1)

Everything else is set by the environment variables of the server, such as LOG_LEVEL.`;

async function main(): Promise<void> {
  const { values } = readArguments({
    options: {
      models: { type: "string" },
      port: { type: "string", default: "8080" },
      "grpc-port": { type: "string" },
      model: { type: "string" },
      version: { type: "string", default: "latest" },
      host: { type: "string", default: "127.0.0.1" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  assertNotEmpty(values);
  if (values.models === undefined) {
    throw new UserError("--models is missing: name the registry folder, or see --help");
  }
  const settings = readSettings({
    // No load balancer has to notice the shutdown, so the server need not drain.
    DRAIN_SECONDS: "0",
    LOG_LEVEL: "warn",
    MODEL_CONTROL: "poll",
    MODEL_POLL_SECONDS: "2",
    ...process.env,
    MODEL_DIR: values.models,
    MODEL_NAME: values.model ?? (await modelsOf(values.models)),
    MODEL_VERSION: values.version,
    HOST: values.host,
    PORT: values.port,
    METRICS_PORT: "0",
    ...(values["grpc-port"] === undefined ? {} : { GRPC_PORT: values["grpc-port"] }),
  });
  await run(settings, ({ port, grpcPort }) => {
    const what = settings.modelName === "*" ? "every model" : settings.modelName;
    const docs = settings.docsEndpoint ? "documentation at /docs; " : "";
    const grpc = grpcPort === undefined ? "" : `gRPC on port ${grpcPort}; `;
    const host = values.host.includes(":") ? `[${values.host}]` : values.host;
    console.log(`Serving ${what} on http://${host}:${port} (${docs}${grpc}Ctrl-C stops)`);
  });
}

/** Rejects empty options, usually unset shell variables: a default of the environment, such as HOST, might apply instead. */
function assertNotEmpty(values: Readonly<Record<string, string | boolean | undefined>>): void {
  const empty = Object.keys(values).find((name) => values[name] === "");
  if (empty !== undefined) {
    throw new UserError(`--${empty} is empty: give it a value or omit it; see --help`);
  }
}

/** `MODEL_NAME` for a registry folder: its only model, or `*` for several. */
async function modelsOf(root: string): Promise<string> {
  await readdir(root).catch((error: unknown) => {
    throw new UserError(`--models ${root} cannot be read (${errorCode(error)}): name a registry folder`);
  });
  const { models } = await readPublished(root);
  for (const line of await unserved(root, models)) {
    console.error(line);
  }
  const [first] = models;
  if (first === undefined) {
    throw new UserError(
      `--models ${root} has no model: train one with "npm run train -- --models ${root}", or import one with ` +
        `"npm run import -- FILE --name NAME --models ${root}", or put it there as NAME/1/${MODEL_FILE}`,
    );
  }
  await sayIfAllInvalid(root, models);
  return models.length > 1 ? "*" : first.name;
}

/** Says why the server is going to wait if no model has valid metadata; the log says it too, but among other things. */
async function sayIfAllInvalid(root: string, models: RegistryIndex["models"]): Promise<void> {
  const reasons: string[] = [];
  for (const { name, latest } of models) {
    if (await isBare(root, name, latest)) return;
    try {
      await readMetadata(root, name, latest);
      return;
    } catch (error) {
      reasons.push(errorMessage(error));
    }
  }
  for (const reason of reasons) console.error(reason);
  console.error("No model can be served yet: correct what is above. Waiting for it; Ctrl-C stops.");
}

try {
  await main();
} catch (error) {
  if (error instanceof UserError || error instanceof SettingsError) {
    console.error(error.message);
    process.exit(1);
  }
  throw error;
}
