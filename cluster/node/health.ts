import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../common/errors.ts";
import type { Kubectl } from "../kubectl.ts";
import { type NodePaths, nodeName } from "./layout.ts";
import { isAlive } from "./processes.ts";
import type { KeeperRecord } from "./record.ts";

const nodeSchema = z.object({
  status: z.object({
    conditions: z
      .array(z.object({ type: z.string(), status: z.string(), lastHeartbeatTime: z.string().nullish() }))
      .default([]),
  }),
});

/**
 * Whether the node object says Ready, and has said so since `since` (ISO time): after a restart the object still tells the
 * state of the life before.
 */
export function isReadySince(node: unknown, since: string): boolean {
  const parsed = nodeSchema.safeParse(node);
  const ready = parsed.data?.status.conditions.find(({ type }) => type === "Ready");
  // Kubernetes writes whole seconds.
  const from = Math.floor(Date.parse(since) / 1000) * 1000;
  return ready?.status === "True" && Date.parse(ready.lastHeartbeatTime ?? "") >= from;
}

/**
 * Waits until the API server answers and the node is Ready.
 * @throws UserError when the keeper dies meanwhile or two minutes pass, with the place of the logs.
 */
export async function waitForNode(kubectl: Kubectl, record: KeeperRecord, paths: NodePaths): Promise<void> {
  const deadline = Date.now() + 120_000;
  let last = "no answer";
  while (Date.now() < deadline) {
    if (!isAlive(record.keeper))
      throw new UserError(`the node ended while it started (${lastLine(paths.keeperLog)})`, `see ${paths.logs}`);
    try {
      const node: unknown = JSON.parse(
        await kubectl.run(["get", "node", nodeName, "--output", "json", "--request-timeout", "5s"]),
      );
      if (isReadySince(node, record.startedAt)) return;
      last = "the node is not Ready";
    } catch (error) {
      last = (error instanceof Error ? error.message : String(error)).split("\n").at(-1) ?? "";
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new UserError(`the node is not ready after two minutes (${last})`, `see ${join(paths.logs, "kubelet.log")}`);
}

function lastLine(file: string): string {
  try {
    return readFileSync(file, "utf8").trim().split("\n").at(-1) ?? "";
  } catch {
    return "no log";
  }
}
