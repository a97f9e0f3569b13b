import { Command, CommanderError } from "commander";
import { UserError } from "../../common/errors.ts";
import { lookForDrift } from "./look.ts";
import { hasDrift, reportJson, reportText } from "./report.ts";

/** Exit code if drift could not be determined; 1 means drift. */
const FAILED = 2;

interface Flags {
  readonly stack: string;
  readonly context?: string;
  readonly json?: boolean;
  readonly strict?: boolean;
}

const program = new Command("drift")
  .description(
    "Shows what has changed in the cluster since the stack was deployed, by whom, and what up would do about it. " +
      "Exit code: 0 without drift, 1 with drift, 2 on failure.",
  )
  .option("--stack <name>", "stack to examine", "dev")
  .option("--context <name>", "kubeconfig context that it was deployed to (default: the embedded cluster)")
  .option("--strict", "additions by people count as drift")
  .option("--json", "print JSON")
  .exitOverride()
  .action(async ({ stack, context, json = false, strict = false }: Flags) => {
    const report = await lookForDrift(stack, context);
    console.log(json ? reportJson(report, strict) : reportText(report));
    process.exitCode = hasDrift(report, strict) ? 1 : 0;
  });

try {
  await program.parseAsync();
} catch (error) {
  // Commander has already printed its error.
  const asked = error instanceof CommanderError && error.exitCode === 0;
  if (error instanceof UserError) console.error(error.message);
  else if (!(error instanceof CommanderError)) console.error(error);
  process.exitCode = asked ? 0 : FAILED;
}
