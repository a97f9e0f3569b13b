import { readArguments, runProgram, UserError } from "../registry/errors.ts";
import { versionDirectory } from "../registry/layout.ts";
import { fetchVersion } from "./fetch.ts";

const USAGE = `Fetches a model into a registry folder, as a new version that "npm run serve" and the cluster's servers serve.

  npm run fetch -- SOURCE --models DIR --model NAME [--version N] [--sha256 DIGEST] [--files PATTERN]…

  SOURCE           s3://BUCKET/KEY, gs://BUCKET/KEY, https://HOST/PATH, hf://OWNER/NAME@REVISION or
                   oci://REGISTRY/NAME@sha256:DIGEST; a key or path that ends in / stands for the folder
  --models DIR     registry folder
  --model NAME     name to publish under
  --version N      version to publish, a number or "next" (next)
  --sha256 DIGEST  refuse everything else; printed after each fetch
  --files PATTERN  only these files, such as '*.onnx'; can be repeated (all files)
  --timeout S      give up an attempt after this many seconds without a byte (30)

Credentials come from the environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (with AWS_ENDPOINT_URL and AWS_REGION),
HF_TOKEN (with HF_ENDPOINT), SOURCE_TOKEN or SOURCE_USERNAME and SOURCE_PASSWORD, DOCKER_AUTH_CONFIG.`;

// Process 1 of a container has no default signal handlers. The next run completes what is there.
for (const [signal, code] of [
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const) {
  process.once(signal, () => process.exit(code));
}

async function main(): Promise<void> {
  const { values, positionals } = readArguments({
    allowPositionals: true,
    options: {
      models: { type: "string" },
      model: { type: "string" },
      version: { type: "string", default: "next" },
      sha256: { type: "string" },
      files: { type: "string", multiple: true },
      timeout: { type: "string", default: "30" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const [source, ...more] = positionals;
  if (source === undefined || more.length > 0) throw new UserError("give one source; see --help");
  if (!values.models || !values.model) throw new UserError("--models and --model are needed; see --help");
  if (values.sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(values.sha256)) {
    throw new UserError(`--sha256 ${values.sha256} is not a SHA-256: give 64 hexadecimal digits`);
  }
  const seconds = Number(values.timeout);
  if (!(seconds > 0)) throw new UserError(`--timeout ${values.timeout} is not a number of seconds above 0`);
  const started = performance.now();
  const { version, record, wasThere } = await fetchVersion({
    source,
    root: values.models,
    model: values.model,
    version: values.version,
    ...(values.sha256 === undefined ? {} : { sha256: values.sha256 }),
    ...(values.files === undefined ? {} : { files: values.files }),
    environment: process.env,
    stallMs: seconds * 1000,
    log: (line) => console.error(line),
  });
  const bytes = record.files.reduce((sum, file) => sum + file.bytes, 0);
  const took = wasThere ? "was there already" : `fetched in ${((performance.now() - started) / 1000).toFixed(1)} s`;
  console.log(`${values.model} version ${version}: ${record.files.length} files, ${bytes} bytes, ${took}`);
  console.log(`  in ${versionDirectory(values.models, values.model, version)}`);
  console.log(`  sha256: ${record.digest}`);
}

await runProgram(main);
