import { Command, CommanderError } from "commander";
import { UserError } from "../../common/errors.ts";
import { lookForDrift } from "./look.ts";
import { hasDrift, reportJson, reportText } from "./report.ts";

/** Exit code where it could not look; 1 says that there is drift. */
const COULD_NOT_LOOK = 2;

interface Flags {
  readonly stack: string;
  readonly context?: string;
  readonly json?: boolean;
  readonly strict?: boolean;
}

const program = new Command("drift")
  .description(
    "What has been changed in the cluster since the stack was deployed, by whom, and what up would do about it. " +
      "Ends with 0 where nothing has, 1 where something has, 2 where it could not look.",
  )
  .option("--stack <name>", "stack to look at", "dev")
  .option("--context <name>", "kubeconfig context that it was deployed to (default: the embedded cluster)")
  .option("--strict", "what people have set beside the program is drift too")
  .option("--json", "for programs")
  .exitOverride()
  .action(async ({ stack, context, json = false, strict = false }: Flags) => {
    const report = await lookForDrift(stack, context);
    console.log(json ? reportJson(report, strict) : reportText(report));
    process.exitCode = hasDrift(report, strict) ? 1 : 0;
  });

try {
  await program.parseAsync();
} catch (error) {
  // Commander has said what is wrong with the command line by itself.
  const asked = error instanceof CommanderError && error.exitCode === 0;
  if (error instanceof UserError) console.error(`${error.what}: ${error.remedy}`);
  else if (!(error instanceof CommanderError)) console.error(error);
  process.exitCode = asked ? 0 : COULD_NOT_LOOK;
}
