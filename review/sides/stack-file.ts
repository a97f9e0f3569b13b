import { existsSync } from "node:fs";
import path from "node:path";
import { checkStack, parseValues, type ResolvedStack, secretKeys } from "../../config/index.ts";
import { readStack, StackFileError } from "../../render/stack-file.ts";

/** A stack on one side of a pull request, as this side's program reads it. */
export interface StackFile {
  /** Undefined if the file does not match the schema or does not exist. */
  readonly config?: ResolvedStack;
  /** The problems that this program reports, one line each. */
  readonly problems: readonly string[];
  readonly missing: boolean;
}

/**
 * Reads a stack's files in a checkout. A stack that only breaks a rule between settings, such as its own quota, is still
 * resolved, because its numbers show why.
 *
 * @param directory the checkout
 * @param files its stack files, relative to the checkout; later ones are merged over earlier ones
 */
export async function readStackFile(directory: string, files: readonly string[]): Promise<StackFile> {
  const paths = files.map((file) => path.join(directory, file));
  if (!paths.every(existsSync)) return { problems: [], missing: true };
  try {
    const { project, values } = await readStack(directory, paths);
    const settings = parseValues(values, project);
    for (const key of secretKeys(settings)) delete settings[key];
    const { stack, problems } = checkStack(settings);
    const source = files.join(", ");
    return {
      ...(stack === undefined ? {} : { config: stack }),
      problems: problems.map((problem) => `${source}: ${problem.path}: ${problem.message}`),
      missing: false,
    };
  } catch (error) {
    if (!(error instanceof StackFileError)) throw error;
    return { problems: [error.message], missing: false };
  }
}
