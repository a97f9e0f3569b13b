import { type ParseArgsConfig, parseArgs } from "node:util";
import { UserError } from "./errors.ts";

/**
 * The options and arguments that a program was started with.
 *
 * @throws UserError of one line if an option is unknown or lacks its value
 */
export function readArguments<const T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UserError(`${(error as Error).message.split(". ")[0]}; see --help`);
  }
}

/** Runs a program. What its user can fix ends it with one line and exit code 1, anything else with a stack trace. */
export async function runProgram(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}
