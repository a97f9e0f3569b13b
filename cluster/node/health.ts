import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { errorMessage, lastLine, UserError } from "../../common/errors.ts";
import { isAlive } from "../../common/processes.ts";
import { waitFor } from "../../common/wait.ts";
import type { Kubectl } from "../kubectl.ts";
import { type NodePaths, nodeName } from "./layout.ts";
import type { NodeRecord } from "./record.ts";

const nodeSchema = z.object({
  status: z.object({
    conditions: z
      .array(z.object({ type: z.string(), status: z.string(), lastHeartbeatTime: z.string().nullish() }))
      .default([]),
  }),
});

/**
 * Whether the node object says Ready, and says so since `since` (ISO time): after a restart the object still has the status
 * from before.
 */
export function isReadySince(node: unknown, since: string): boolean {
  const parsed = nodeSchema.safeParse(node);
  const ready = parsed.data?.status.conditions.find(({ type }) => type === "Ready");
  // Kubernetes writes whole seconds.
  const from = Math.floor(Date.parse(since) / 1000) * 1000;
  return ready?.status === "True" && Date.parse(ready.lastHeartbeatTime ?? "") >= from;
}

/** Milliseconds within which the node and its add-ons must be ready; a busy machine needs minutes. */
export const READY_TIMEOUT = 600_000;

/**
 * Waits until the API server answers and the node is Ready.
 * @throws UserError with the path of the logs if the supervisor ends meanwhile, or after ten minutes
 */
export async function waitForNode(kubectl: Kubectl, record: NodeRecord, paths: NodePaths): Promise<void> {
  let last = "no answer";
  const look = async () => {
    if (!isAlive(record.supervisor)) {
      throw new UserError(`the node ended while it started (${lastLogLine(paths.supervisorLog)})`, `see ${paths.logs}`);
    }
    try {
      const node: unknown = JSON.parse(
        await kubectl.run(["get", "node", nodeName, "--output", "json", "--request-timeout", "5s"]),
      );
      if (isReadySince(node, record.startedAt)) return true;
      last = "the node is not Ready";
    } catch (error) {
      last = lastLine(errorMessage(error));
    }
    return undefined;
  };
  if (await waitFor(look, { interval: 200, timeout: READY_TIMEOUT })) return;
  throw new UserError(`the node is not ready after ten minutes (${last})`, `see ${join(paths.logs, "kubelet.log")}`);
}

function lastLogLine(file: string): string {
  try {
    return lastLine(readFileSync(file, "utf8"));
  } catch {
    return "no log";
  }
}
