import path from "node:path";
import { Kubectl } from "../../cluster/kubectl.ts";
import { toolchainFolders } from "../../cluster/toolchain/index.ts";
import { UserError } from "../../common/errors.ts";
import { acquireLock, type Release } from "../../common/file-lock.ts";
import { deployDirectory } from "../../common/paths.ts";
import { findOnPath } from "../../common/search-path.ts";
import type { ResolvedStack } from "../../config/index.ts";
import { Workspace } from "../../engine/pulumi/workspace.ts";
import { LiveActor, modelOf } from "../live/actor.ts";
import { GitCommits } from "../live/git.ts";
import { PositionFile } from "../live/position.ts";
import { stackPrometheus } from "../live/prometheus.ts";
import { RecordFile } from "../live/record-file.ts";
import { readStackFiles, type StackFiles } from "../live/stack-file.ts";
import { recordFile } from "../records/record.ts";

/** Flags that all commands on a rollout take. */
export interface RolloutFlags {
  readonly stack: string;
  readonly model: string;
  /** Context of the kubeconfig that the stack was deployed with. @default the embedded cluster */
  readonly context?: string;
}

/** A model's rollout on this machine. */
export interface RolloutContext {
  readonly stack: string;
  /** Name of the model's entry. */
  readonly entry: string;
  readonly files: readonly string[];
  readonly stackFiles: StackFiles;
  readonly model: ResolvedStack["models"][number];
  readonly workspace: Workspace;
  readonly records: RecordFile;
  readonly kubectl: Kubectl;
}

/**
 * What the commands work on: the stack as it was deployed from this machine, and the model's record file beside its own file.
 *
 * @throws UserError if the stack was not deployed from here, or has no such model
 */
export async function openRollout({ stack, model: name, context }: RolloutFlags): Promise<RolloutContext> {
  const workspace = new Workspace(deployDirectory(context));
  const deployment = await workspace.deployment(stack);
  if (deployment === undefined) {
    throw new UserError(
      `stack ${stack} is not deployed from this machine`,
      `npm run up -- --stack ${stack} deploys it`,
    );
  }
  const { configFiles: files, cluster } = deployment;
  const stackFiles = await readStackFiles(files);
  const model = modelOf(stackFiles.resolved, entryOf(stackFiles.resolved, name));
  const program = (await findOnPath("kubectl")) ?? path.join(toolchainFolders().kubernetes, "kubectl");
  return {
    stack,
    entry: model.entry,
    files,
    stackFiles,
    model,
    workspace,
    records: new RecordFile(recordFile(files.at(-1) ?? "", model.entry)),
    kubectl: new Kubectl(program, cluster.kubeconfig, cluster.context),
  };
}

function entryOf({ models }: ResolvedStack, name: string): string {
  const found = models.find(({ entry, model }) => entry === name || model === name)?.entry;
  if (found !== undefined) return found;
  const names = models.map(({ entry }) => `"${entry}"`).join(", ");
  throw new UserError(`the stack has no model "${name}"`, `take one of ${names}`);
}

/** One driver a model: the kernel releases the lock when its process ends. @throws UserError naming the process that drives */
export function lockRollout({ workspace, stack, entry }: RolloutContext): Release {
  return acquireLock(path.join(workspace.root, `${stack}.rollout-${entry}.lock`), `the driver of ${entry}'s rollout`);
}

/** The actor on the real stack. */
export async function liveActor(
  context: RolloutContext,
  { commit, report }: { readonly commit: boolean; readonly report: (line: string) => void },
): Promise<LiveActor> {
  const { stack, entry, files, workspace, kubectl, records, stackFiles, model } = context;
  const commits = commit ? new GitCommits([...files, records.file]) : undefined;
  await commits?.check();
  return new LiveActor({
    stack,
    entry,
    files,
    workspace,
    kubectl,
    query: stackPrometheus(stackFiles.resolved, kubectl),
    records,
    position: new PositionFile(path.join(workspace.root, `${stack}.rollout-${entry}.position`)),
    commits,
    webhook: process.env["ROLLOUT_WEBHOOK"] || model.rollout?.webhook,
    report,
  });
}
