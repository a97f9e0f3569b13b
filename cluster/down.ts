import { rm } from "node:fs/promises";
import { UserError } from "../common/errors.ts";
import { stateDirectory } from "../common/paths.ts";
import { nodePaths } from "./node/layout.ts";
import { acquireLock } from "./node/lock.ts";
import { runningKeeper } from "./node/record.ts";
import { stopNode } from "./node/stop.ts";

/**
 * Stops the embedded cluster and leaves nothing of it running. Its data stay for the next `up`; with `purge` the state
 * folder goes as well (never the cache of built tools).
 */
export async function down({ purge = false }: { readonly purge?: boolean } = {}): Promise<void> {
  const paths = nodePaths(stateDirectory());
  const release = acquireLock(paths.lock);
  try {
    const running = await runningKeeper(paths.keeperRecord);
    const left = await stopNode(paths);
    if (left.length > 0)
      throw new UserError(left.join("; "), "end the processes it holds, then run npm run down again");
    console.log(running ? "The node has stopped." : "No node was running.");
    if (purge) {
      await rm(paths.state, { recursive: true, force: true });
      console.log(`Deleted ${paths.state}.`);
    } else {
      console.log(`Its data stay in ${paths.state}; npm run down -- --purge deletes them.`);
    }
  } finally {
    release();
  }
}
