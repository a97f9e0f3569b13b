import type { Kubectl } from "../../cluster/kubectl.ts";
import { UserError } from "../../common/errors.ts";
import { EngineProgress } from "../pulumi/events.ts";
import { describeSteps, namespacesOf, type PreviewStep } from "../pulumi/preview.ts";
import { failed, Session } from "../pulumi/session.ts";
import type { Workspace } from "../pulumi/workspace.ts";
import type { Problem } from "../status/problems.ts";
import { problemsIn, watchForTrouble } from "./trouble.ts";

/** A part of a stack to deploy. */
export interface PartOptions {
  readonly workspace: Workspace;
  readonly stack: string;
  readonly kubectl: Kubectl;
  /** Which of the changed resources belong to the part. */
  readonly isPart: (step: PreviewStep) => boolean;
  /** Ends the engine's waits early. */
  readonly stop: AbortSignal;
  /** Receives lines of progress. */
  readonly report: (line: string) => void;
}

/** Pods stayed in trouble, so that the engine was stopped. */
export class TroubleError extends UserError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const [first] = problems;
    super(
      problems.map(({ object, what }) => `${object} ${what}`).join("; ") || "pods do not become ready",
      first?.remedy ?? "see `npm run status`",
    );
    this.problems = problems;
  }
}

/** How often a change is tried that another process has locked out in the moment between the check and the start. */
const ATTEMPTS = 5;

/**
 * Deploys what the stack's files change in a part of the stack, and leaves all other changes to the next `up`.
 *
 * @returns one line for each object that changed
 * @throws TroubleError if pods of the part stay in trouble
 * @throws UserError with the errors of the program or the engine
 */
export async function deployPart(options: PartOptions): Promise<readonly string[]> {
  const { workspace, stack, report } = options;
  const deployment = await workspace.deployment(stack);
  if (deployment === undefined) {
    throw new UserError(
      `stack ${stack} is not deployed from this machine`,
      `npm run up -- --stack ${stack} deploys it`,
    );
  }
  await workspace.write(stack, deployment);
  const session = await Session.open(workspace, stack, report);
  const settings = `--config-file=${workspace.stackFile(stack)}`;
  const output = await session.run(["preview", "--json", settings]);
  const steps = ((JSON.parse(output) as { steps?: readonly PreviewStep[] }).steps ?? []).filter(options.isPart);
  const changes = describeSteps(steps);
  if (changes.length === 0) return [];
  const targets = steps.filter(({ op }) => op !== "same").flatMap(({ urn }) => ["--target", urn]);
  for (let attempt = 1; ; attempt += 1) {
    const locked = await runTargeted(session, ["up", "--yes", "--skip-preview", settings, ...targets], steps, options);
    if (locked === undefined) return changes;
    if (attempt === ATTEMPTS) throw locked;
    await Session.open(workspace, stack, report);
  }
}

/** @returns the error if another process holds the stack's lock */
async function runTargeted(
  session: Session,
  args: readonly string[],
  steps: readonly PreviewStep[],
  { kubectl, stop, report }: PartOptions,
): Promise<UserError | undefined> {
  const progress = new EngineProgress(report, report);
  const { result, cancel } = await session.change(args, (event) => progress.take(event));
  let troubled = false;
  const watch = watchForTrouble(
    kubectl,
    namespacesOf(steps),
    () => progress.inProgress(),
    () => {
      troubled = true;
      cancel();
    },
  );
  stop.addEventListener("abort", cancel);
  if (stop.aborted) cancel();
  const ended = await result.finally(() => {
    watch.stop();
    stop.removeEventListener("abort", cancel);
  });
  if (ended.exitCode === 0) return undefined;
  if (troubled) throw new TroubleError(await problemsIn(kubectl, namespacesOf(steps)).catch(() => []));
  const error = failed(args, ended);
  if (ended.errors.some((text) => /currently locked/.test(text))) return error;
  throw error;
}
