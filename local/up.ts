import { nodePaths } from "./node/layout.ts";
import { acquireLock } from "./node/lock.ts";
import { stateDirectory } from "./paths.ts";
import { showResult } from "./result.ts";
import { upElsewhere } from "./up/elsewhere.ts";
import { upEmbedded } from "./up/embedded.ts";
import type { UpOptions } from "./up/options.ts";

/** Brings everything up, from nothing or from whatever is there. @throws UserError for what the person can mend. */
export async function up(options: UpOptions): Promise<void> {
  const release = acquireLock(nodePaths(stateDirectory()).lock);
  try {
    const result =
      options.context === undefined ? await upEmbedded(options) : await upElsewhere(options, options.context);
    await showResult(result.kubectl, result.deployed, result.gatewayUrl);
  } finally {
    release();
  }
}
