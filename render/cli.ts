import { Command, Option } from "commander";
import { writeFiles } from "./files.ts";
import { forGitOps } from "./gitops.ts";
import { RenderError, renderStack } from "./render.ts";
import { StackFileError } from "./stack-file.ts";

interface Flags {
  readonly stack: string;
  readonly configFile?: readonly string[];
  readonly out: string;
  readonly inferenceImage?: string;
  readonly trainerImage?: string;
}

const command = new Command("render")
  .description("Writes a stack as plain Kubernetes YAML, one file for each object. Needs no cluster and no Pulumi CLI.")
  .requiredOption("--stack <name>", "name of the stack")
  .option(
    "--config-file <file>",
    "its configuration (default: Pulumi.<stack>.yaml); if repeated, later files are merged over earlier ones",
    (file, files: readonly string[] = []) => [...files, file],
  )
  .requiredOption("--out <directory>", "folder to write to; replaces the files of an earlier rendering")
  .addOption(new Option("--inference-image <reference>", "image of the inference server (default: the stack's)"))
  .addOption(new Option("--trainer-image <reference>", "image of the trainer (default: the stack's)"))
  .parse();

const { stack, configFile: configFiles, out, inferenceImage, trainerImage } = command.opts<Flags>();
if ((inferenceImage === undefined) !== (trainerImage === undefined)) {
  command.error("error: --inference-image and --trainer-image are given together or not at all");
}
try {
  const images = inferenceImage === undefined ? {} : { images: { inference: inferenceImage, trainer: trainerImage } };
  const objects = await renderStack({ stack, configFiles, overrides: images, warn: console.warn });
  const files = await writeFiles(out, forGitOps(objects));
  console.log(`${files.length} files in ${out}`);
} catch (error) {
  if (!(error instanceof RenderError || error instanceof StackFileError)) throw error;
  command.error(error.message);
}
