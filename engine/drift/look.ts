import path from "node:path";
import { items, Kubectl, type LiveObject } from "../../cluster/kubectl.ts";
import { toolchainFolders } from "../../cluster/toolchain/index.ts";
import { UserError } from "../../common/errors.ts";
import { deployDirectory } from "../../common/paths.ts";
import { findOnPath } from "../../common/search-path.ts";
import { type KubernetesObject, objectKey } from "../../render/rendered.ts";
import { Session } from "../pulumi/session.ts";
import { type Deployment, Workspace } from "../pulumi/workspace.ts";
import { driftOf } from "./drift.ts";
import { readRefresh, type StackObject } from "./refresh.ts";
import type { Report } from "./report.ts";

/**
 * Compares a stack with its cluster. Read-only.
 *
 * @param context the cluster's context. @default the embedded cluster
 * @throws UserError if the stack is not deployed, the cluster does not answer, or another process changes the stack
 */
export async function lookForDrift(stack: string, context?: string): Promise<Report> {
  const workspace = new Workspace(deployDirectory(context));
  const deployment = await workspace.deployment(stack);
  if (deployment === undefined) {
    throw new UserError(
      `stack ${stack} is not deployed from this machine`,
      `npm run up -- --stack ${stack} deploys it`,
    );
  }
  const kubectl = await kubectlOf(deployment);
  // With some settings of its environment, the engine treats an unreachable cluster as an empty one.
  await expectAnswer(kubectl, stack);
  await workspace.write(stack, deployment);
  const session = await Session.open(workspace, stack, rejectWait(stack), { create: false });
  const settings = `--config-file=${workspace.stackFile(stack)}`;
  const objects = readRefresh(await session.run(["refresh", "--preview-only", "--json", settings]));
  return compareWith(await liveObjects(kubectl, objects), stack, objects);
}

/** The embedded cluster's kubectl; for another cluster the user's, if there is one. */
async function kubectlOf({ cluster }: Deployment): Promise<Kubectl> {
  const own = cluster.context === undefined ? undefined : await findOnPath("kubectl");
  const program = own ?? path.join(toolchainFolders().kubernetes, "kubectl");
  return new Kubectl(program, cluster.kubeconfig, cluster.context);
}

async function expectAnswer(kubectl: Kubectl, stack: string): Promise<void> {
  await kubectl.run(["get", "--raw", "/readyz", "--request-timeout=10s"]).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    const where = kubectl.context === undefined ? kubectl.kubeconfig : `${kubectl.kubeconfig}, ${kubectl.context}`;
    throw new UserError(
      `the cluster of stack ${stack} (${where}) does not answer:\n${error.what}`,
      "start it, or fix the kubeconfig; npm run up writes that of the embedded cluster",
    );
  });
}

/** The result of a change is known only at its end, and is not drift. */
function rejectWait(stack: string): (line: string) => void {
  return (line) => {
    throw new UserError(`stack ${stack} is being changed (${line})`, "run the command again after that");
  };
}

/** The objects that exist in the cluster, with their managed fields. */
async function liveObjects(kubectl: Kubectl, objects: readonly StackObject[]): Promise<readonly LiveObject[]> {
  // kubectl fails for a kind whose definition was deleted.
  const there = objects.filter(({ deleted }) => !deleted).map(({ program }) => nameOnly(program));
  if (there.length === 0) return [];
  const options = ["--ignore-not-found", "--show-managed-fields", "--output=json"];
  return items(await kubectl.onObjects(["get", ...options], there));
}

function nameOnly({ apiVersion, kind, metadata: { name, namespace } }: KubernetesObject): KubernetesObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}

function compareWith(live: readonly LiveObject[], stack: string, objects: readonly StackObject[]): Report {
  const byKey = new Map(live.map((object) => [objectKey(object), object]));
  const drifted = objects.flatMap((object) => driftOf(object, byKey.get(objectKey(object.program))) ?? []);
  return { stack, looked: objects.length, objects: drifted };
}
