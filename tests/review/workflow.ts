import { cp, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { parse } from "yaml";

const REPOSITORY = path.resolve(import.meta.dirname, "../..");
const WORKFLOW = path.join(REPOSITORY, ".github/workflows/pull-request.yaml");

type Variables = Readonly<Record<string, string>>;

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly env?: Variables;
  readonly "working-directory"?: string;
  readonly "continue-on-error"?: boolean;
}

/** A pull request in its own repository, in a temporary folder. */
export interface PullRequest {
  /** The checkout as `actions/checkout` leaves it: at the merge commit of the pull request, whose first parent is the base. */
  readonly checkout: string;
  /** `RUNNER_TEMP`: contains the base in `base`, and files that the steps write. */
  readonly temp: string;
  remove(): Promise<void>;
}

/**
 * Creates a repository with this checkout's files and a pull request.
 *
 * @param edits functions that change the files of the checkout they are given: first for the base, then for the pull request
 */
export async function pullRequest(edits: { readonly base?: Edit; readonly head: Edit }): Promise<PullRequest> {
  const folder = await mkdtemp(path.join(tmpdir(), "pull-request-"));
  const [checkout, temp] = [path.join(folder, "checkout"), path.join(folder, "temp")];
  const remove = () => rm(folder, { recursive: true });
  await mkdir(temp);
  await makeRepository(checkout, edits).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  return { checkout, temp, remove };
}

type Edit = (folder: string) => Promise<void>;

async function makeRepository(checkout: string, edits: { readonly base?: Edit; readonly head: Edit }): Promise<void> {
  const { stdout } = await execa("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: REPOSITORY,
  });
  for (const file of stdout.split("\0").filter((name) => name !== "")) {
    // A listed file may have been deleted without a commit.
    await cp(path.join(REPOSITORY, file), path.join(checkout, file)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
  }
  const git = (...args: string[]) =>
    execa("git", ["-c", "user.name=Test", "-c", "user.email=test@example.com", ...args], { cwd: checkout });
  const commit = async (message: string, edit?: Edit) => {
    await edit?.(checkout);
    await git("add", "--all");
    await git("commit", "--quiet", "--allow-empty", "--message", message);
  };
  await git("init", "--quiet", "--initial-branch", "main");
  await commit("Base", edits.base);
  await git("checkout", "--quiet", "-b", "change");
  await commit("Change", edits.head);
  await git("checkout", "--quiet", "main");
  await git("merge", "--quiet", "--no-ff", "--message", "Merge", "change");
}

export interface WorkflowOptions {
  readonly stack: string;
  /** The repository's secrets; none for a pull request from a fork. @default none */
  readonly secrets?: Variables;
  /**
   * Environment variables of the steps in addition to the workflow's own, such as a PATH with a `pulumi`. @default
   * those of this process
   */
  readonly environment?: NodeJS.ProcessEnv;
}

/** The result of a run of the workflow's job. */
export interface WorkflowRun {
  readonly outcome: "success" | "failure";
  /** Outcome of each step that has a `run`, by name. */
  readonly steps: Readonly<Record<string, "success" | "failure" | "skipped">>;
  /** The output of all steps. */
  readonly log: string;
  /** The job's summary, and the comment; empty if not written. */
  readonly summary: string;
  readonly comment: string;
}

/**
 * Runs the scripts of the workflow's job one after another, as GitHub Actions does. Steps with `uses` are skipped: the
 * checkout, Node.js and a `pulumi` on PATH are assumed to exist. Steps that install packages link the packages of this
 * checkout instead.
 */
export async function runWorkflow({ checkout, temp }: PullRequest, options: WorkflowOptions): Promise<WorkflowRun> {
  const { env, steps } = await readJob();
  const [summary, comment] = [path.join(temp, "summary.md"), path.join(temp, "comment.md")];
  const contexts: Readonly<Record<string, Variables>> = {
    matrix: { stack: options.stack },
    secrets: options.secrets ?? {},
    runner: { temp },
    github: { token: "workflow-token" },
  };
  const jobEnvironment = evaluated(env, contexts);
  const outcomes: Record<string, "success" | "failure" | "skipped"> = {};
  let [log, failed] = ["", false];
  for (const step of steps) {
    if (step.run === undefined) continue;
    const name = step.name ?? step.run;
    if (!isMet(step.if, { ...contexts, env: jobEnvironment }, failed)) {
      outcomes[name] = "skipped";
      continue;
    }
    const folder = path.resolve(checkout, evaluate(step["working-directory"] ?? ".", contexts));
    const { exitCode, all } = step.run.startsWith("npm ci")
      ? await linkPackages(folder)
      : await execa("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", evaluate(step.run, contexts)], {
          cwd: folder,
          reject: false,
          all: true,
          extendEnv: false,
          env: {
            ...(options.environment ?? process.env),
            ...jobEnvironment,
            ...evaluated(step.env ?? {}, contexts),
            RUNNER_TEMP: temp,
            GITHUB_STEP_SUMMARY: summary,
          },
        });
    outcomes[name] = exitCode === 0 ? "success" : "failure";
    if (exitCode !== 0 && step["continue-on-error"] !== true) failed = true;
    log += `${name}\n${all}\n`;
  }
  const [written, posted] = await Promise.all([summary, comment].map((file) => readFile(file, "utf8").catch(() => "")));
  return {
    outcome: failed ? "failure" : "success",
    steps: outcomes,
    log,
    summary: written ?? "",
    comment: posted ?? "",
  };
}

/** Writes the event file of a pull request, and returns the variables that refer to it. */
export async function eventOf({ temp }: PullRequest, number: number, api: string): Promise<Variables> {
  const file = path.join(temp, "event.json");
  await writeFile(file, JSON.stringify({ action: "synchronize", pull_request: { number } }));
  return { GITHUB_EVENT_PATH: file, GITHUB_REPOSITORY: "team/models", GITHUB_API_URL: api };
}

async function readJob(): Promise<{ readonly env: Variables; readonly steps: readonly Step[] }> {
  const { jobs } = parse(await readFile(WORKFLOW, "utf8")) as {
    jobs: { review: { env: Variables; steps: readonly Step[] } };
  };
  return jobs.review;
}

/** Replaces `npm ci`: links this checkout's packages, and makes the lock file older than they are. */
async function linkPackages(folder: string): Promise<{ exitCode: number; all: string }> {
  await symlink(path.join(REPOSITORY, "node_modules"), path.join(folder, "node_modules"));
  await utimes(path.join(folder, "package-lock.json"), 0, 0);
  return { exitCode: 0, all: "" };
}

type Contexts = Readonly<Record<string, Variables>>;

/** A text with its `${{ }}` expressions evaluated. */
function evaluate(text: string, contexts: Contexts): string {
  return text.replaceAll(/\$\{\{(.*?)\}\}/g, (_all, expression: string) =>
    String(resolve(expression.trim(), contexts)),
  );
}

function evaluated(variables: Variables, contexts: Contexts): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, text]) => [name, evaluate(text, contexts)]));
}

/** Evaluates the forms of expressions that the workflow uses: a value, and its comparison with a text. */
function resolve(expression: string, contexts: Contexts): string | boolean {
  const [, context = "", name = "", operator, text] = /^(\w+)\.(\w+)(?: (==|!=) '([^']*)')?$/.exec(expression) ?? [];
  if (contexts[context] === undefined)
    throw new Error(`the workflow has an expression that is new here: ${expression}`);
  const value = contexts[context][name] ?? "";
  return operator === undefined ? value : (value === text) === (operator === "==");
}

function isMet(condition: string | undefined, contexts: Contexts, failed: boolean): boolean {
  const [, expression = condition] = /^\$\{\{(.*)\}\}$/.exec(condition ?? "") ?? [];
  if (expression?.trim() === "!cancelled()") return true;
  return !failed && (expression === undefined || resolve(expression.trim(), contexts) === true);
}
