import { rm } from "node:fs/promises";
import { UserError } from "../common/errors.ts";
import { acquireLock } from "../common/file-lock.ts";
import { stateDirectory } from "../common/paths.ts";
import { nodePaths } from "./node/layout.ts";
import { runningNode } from "./node/record.ts";
import { stopNode } from "./node/stop.ts";

/**
 * Stops the embedded cluster. Its data is kept for the next `up`; `purge` deletes the state folder as well, but not the
 * cache of
 * built tools.
 */
export async function down({ purge = false }: { readonly purge?: boolean } = {}): Promise<void> {
  const paths = nodePaths(stateDirectory());
  const release = acquireLock(paths.lock);
  try {
    const running = await runningNode(paths);
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
