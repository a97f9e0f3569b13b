import { existsSync } from "node:fs";
import path from "node:path";
import { ConfigError, parseValues, type StackConfig, StackSchema, validateConfig } from "../../config/index.ts";
import { secretKeys } from "../../config/load.ts";
import { resolveDefaults } from "../../config/schema/stack.ts";
import { readStack, StackFileError } from "../../render/stack-file.ts";

/** A stack's configuration on one side of a pull request, read by this side's program. */
export interface StackFile {
  /** Undefined where the file does not fit the schema, or is not there. */
  readonly config?: StackConfig;
  /** What this program says against it, one line each. */
  readonly problems: readonly string[];
  readonly missing: boolean;
}

/**
 * Reads a stack's files in a checkout. A stack that only breaks a rule between settings, such as its own quota, is still
 * read: its numbers are what shows why.
 *
 * @param directory the checkout
 * @param files its stack files, relative to the checkout; later ones are laid over earlier ones
 */
export async function readStackFile(directory: string, files: readonly string[]): Promise<StackFile> {
  const paths = files.map((file) => path.join(directory, file));
  if (!paths.every(existsSync)) return { problems: [], missing: true };
  try {
    const { project, values } = await readStack(directory, paths);
    const settings = parseValues(values, project);
    for (const key of secretKeys(settings)) delete settings[key];
    const problems = problemsOf(settings, files.join(", "));
    const { data } = StackSchema.safeParse(settings);
    return { ...(data === undefined ? {} : { config: resolveDefaults(data) }), problems, missing: false };
  } catch (error) {
    if (!(error instanceof StackFileError)) throw error;
    return { problems: [error.message], missing: false };
  }
}

function problemsOf(settings: unknown, source: string): string[] {
  try {
    validateConfig(settings, source);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split("\n");
  }
}
