import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { Command } from "commander";
import { parse } from "yaml";
import { readStackFiles, StackFileError } from "./stack-file.ts";
import { toYaml } from "./yaml.ts";

interface Flags {
  readonly configFile: readonly string[];
  readonly out: string;
}

const command = new Command("stack-file")
  .description("Merges stack files and writes the result as one, for `pulumi up --config-file`.")
  .requiredOption(
    "--config-file <file>",
    "a stack file; if repeated, later files are merged over earlier ones",
    (file, files: readonly string[] = []) => [...files, file],
  )
  .requiredOption("--out <file>", "file to write")
  .parse();

const { configFile, out } = command.opts<Flags>();
const { name } = parse(await readFile(path.join(import.meta.dirname, "../Pulumi.yaml"), "utf8")) as { name: string };
try {
  const layered = await readStackFiles(name, configFile);
  await writeFile(
    out,
    `# Generated from ${configFile.join(", ")}; change those and generate it again.\n${toYaml(layered)}`,
  );
  console.log(`${out} from ${configFile.join(", ")}`);
} catch (error) {
  if (!(error instanceof StackFileError)) throw error;
  command.error(error.message);
}
