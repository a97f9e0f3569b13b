import { appendFile, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { Command } from "commander";
import { UserError } from "../common/errors.ts";
import { COMMENT_LIMIT, composeComment } from "./comment/compose.ts";
import { postComment, pullRequestOf } from "./comment/post.ts";
import { readViolations } from "./objects/policies.ts";
import { type Preview, readPreview } from "./objects/preview.ts";
import { reviewStack } from "./sides/review.ts";

/** Longest summary of a job in characters: GitHub allows 1 MiB, and a character is at most 4 bytes. */
const SUMMARY_LIMIT = 2 ** 18;

interface Flags {
  readonly stack: string;
  readonly base: string;
  readonly configFile?: readonly string[];
  readonly preview?: string;
  readonly basePreview?: string;
  readonly events?: string;
  readonly out: string;
  readonly summary?: string;
}

const program = new Command("review").description("What a pull request changes, as the text of a comment on it.");

program
  .command("compose", { isDefault: true })
  .description("writes the comment; exits with 1 if the change would be rejected, after writing it")
  .requiredOption("--stack <name>", "name of the stack")
  .requiredOption(
    "--base <directory>",
    "checkout of what the pull request is to be merged into, its packages installed",
  )
  .option(
    "--config-file <file>",
    "stack file in either checkout (default: Pulumi.<stack>.yaml); given again, a file is laid over those before it",
    (file, files: readonly string[] = []) => [...files, file],
  )
  .option("--preview <file>", "what `pulumi preview --json` printed of the pull request; not there: without a preview")
  .option("--base-preview <file>", "the same of the base, whose pending changes are not the pull request's")
  .option("--events <file>", "what the preview's `--event-log` wrote, for the policies that are broken")
  .requiredOption("--out <file>", "file for the comment, cut to what GitHub takes")
  .option("--summary <file>", "file that the whole text is added to, such as $GITHUB_STEP_SUMMARY")
  .action((flags: Flags) => told(() => compose(flags)));

program
  .command("post")
  .description(
    "puts the comment on the pull request that a workflow of GitHub Actions runs for, in the place of the last",
  )
  .requiredOption("--file <file>", "file with the comment")
  .action(({ file }: { readonly file: string }) => told(() => post(file)));

await program.parseAsync();

async function compose({ stack, configFile, out, summary, ...flags }: Flags): Promise<void> {
  if (!/^[\w.-]+$/.test(stack)) throw new UserError(`"${stack}" is no name of a stack`, "name one such as dev");
  const [preview, basePreview] = await Promise.all([flags.preview, flags.basePreview].map(previewIn));
  const events = await textIn(flags.events);
  const review = await reviewStack({
    stack,
    base: path.resolve(flags.base),
    head: path.resolve(import.meta.dirname, ".."),
    files: configFile ?? [`Pulumi.${stack}.yaml`],
    ...(preview === undefined ? {} : { preview }),
    ...(basePreview === undefined ? {} : { basePreview }),
    violations: readViolations(events ?? ""),
  });
  const more = summary === undefined ? "`npm run review`" : "the summary of the job";
  await writeFile(out, composeComment(review, COMMENT_LIMIT, more));
  if (summary !== undefined) await appendFile(summary, composeComment(review, SUMMARY_LIMIT, "`npm run review`"));
  const refused = review.stackFiles.head.problems.length > 0 || review.rendered.head.error !== undefined;
  if (refused) throw new UserError(`stack ${stack} has errors`, `see ${out}`);
}

async function previewIn(file: string | undefined): Promise<Preview | undefined> {
  const text = await textIn(file);
  return text === undefined ? undefined : readPreview(text);
}

/** The text of a file; undefined if there is no such file, because there is no preview of a pull request from a fork. */
async function textIn(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  });
}

async function post(file: string): Promise<void> {
  const done = await postComment(await pullRequestOf(process.env), await readFile(file, "utf8"));
  console.log(done === "forbidden" ? "not posted: the token of this run may not comment" : `comment ${done}`);
}

async function told(run: () => Promise<void>): Promise<void> {
  await run().catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    program.error(`error: ${error.message}`);
  });
}
